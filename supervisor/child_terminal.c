#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>

#include "lib/reason.h"
#include "supervisor/child_private.h"
#include "supervisor/raw.h"
#include "supervisor/spec.h"

#define CONTROL(letter) ((letter)&0x1f)

/* Never waits for a carrier: programs that want one open it themselves. */
static long
open_terminal(const struct child_context *c)
{
	long fd = raw4(SYS_openat, AT_FDCWD, (long)c->spec->terminal,
		O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);

	if (fd < 0)
		child_fail(c, STEP_TERMINAL, fd);
	return fd;
}

/* As a shell wants to find it, whatever the last program has left. */
static void
make_sane(struct termios *t)
{
	t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | ISTRIP | INLCR | IGNCR |
				  IXOFF | IXANY);
	t->c_iflag |= ICRNL | IXON | IMAXBEL;
	t->c_oflag |= OPOST | ONLCR;
	t->c_cflag |= CREAD | HUPCL;
	t->c_lflag &= ~(tcflag_t)(NOFLSH | TOSTOP | ECHONL | ECHOPRT);
	t->c_lflag |= ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL |
		      ECHOKE;
	t->c_cc[VINTR] = CONTROL('C');
	t->c_cc[VQUIT] = CONTROL('\\');
	t->c_cc[VERASE] = 0x7f;
	t->c_cc[VKILL] = CONTROL('U');
	t->c_cc[VEOF] = CONTROL('D');
	t->c_cc[VSTART] = CONTROL('Q');
	t->c_cc[VSTOP] = CONTROL('S');
	t->c_cc[VSUSP] = CONTROL('Z');
	t->c_cc[VTIME] = 0;
	t->c_cc[VMIN] = 1;
}

void
child_set_terminal(const struct child_context *c)
{
	const struct spec *s = c->spec;
	struct termios settings;
	long result;
	long fd;

	fd = open_terminal(c);
	result = raw3(SYS_ioctl, fd, TCGETS, (long)&settings);
	if (result < 0)
		child_fail(c, STEP_TERMINAL, result);
	/* Only root can take it away from those who have it open. */
	if (raw3(SYS_ioctl, fd, TIOCVHANGUP, 0) == 0) {
		raw1(SYS_close, fd);
		fd = open_terminal(c);
	}
	result = raw3(SYS_ioctl, fd, TIOCSCTTY, 0);
	if (result == -EPERM)
		result = raw3(SYS_ioctl, fd, TIOCSCTTY, 1);
	if (result < 0)
		child_fail(c, STEP_TERMINAL, result);
	make_sane(&settings);
	raw3(SYS_ioctl, fd, TCSETS, (long)&settings);
	raw3(SYS_fcntl, fd, F_SETFL, O_RDWR);
	/* So that the user may open the terminal by its name. */
	if (s->has_user && s->uid != 0) {
		raw3(RAW_fchown, fd, s->uid, -1);
		raw2(SYS_fchmod, fd, 0600);
	}
	if (s->is_input_terminal)
		child_put(c, fd, 0, STEP_TERMINAL);
	if (s->is_output_terminal) {
		child_put(c, fd, 1, STEP_TERMINAL);
		child_put(c, fd, 2, STEP_TERMINAL);
	}
}

/* Of init, of us, or of nobody any more. */
static bool
is_free(int group)
{
	return group == raw1(SYS_getpgid, 1) ||
	       group == raw1(SYS_getpgid, raw0(SYS_getppid)) ||
	       (group > 1 && raw2(SYS_kill, -group, 0) == -ESRCH);
}

void
child_attach(const struct child_context *c)
{
	int group = (int)raw0(SYS_getpid);
	long result = raw2(SYS_setpgid, 0, 0);
	int owner;

	if (result < 0)
		child_fail(c, STEP_SESSION, result);
	/* Another's terminal is not taken away; TTOU is still blocked. */
	if (raw3(SYS_ioctl, 0, TIOCGPGRP, (long)&owner) == 0 && is_free(owner))
		raw3(SYS_ioctl, 0, TIOCSPGRP, (long)&group);
}
