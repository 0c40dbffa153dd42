#include "lib/signame.h"

#include <signal.h>
#include <stddef.h>

#include "lib/fmt.h"

/* The first name of a number is the one that signame_get gives. */
static const struct {
	char name[7];
	unsigned char number;
} names[] = {
	{"HUP", SIGHUP},
	{"INT", SIGINT},
	{"QUIT", SIGQUIT},
	{"ILL", SIGILL},
	{"TRAP", SIGTRAP},
	{"ABRT", SIGABRT},
	{"BUS", SIGBUS},
	{"FPE", SIGFPE},
	{"KILL", SIGKILL},
	{"USR1", SIGUSR1},
	{"SEGV", SIGSEGV},
	{"USR2", SIGUSR2},
	{"PIPE", SIGPIPE},
	{"ALRM", SIGALRM},
	{"TERM", SIGTERM},
	{"STKFLT", SIGSTKFLT},
	{"CHLD", SIGCHLD},
	{"CONT", SIGCONT},
	{"STOP", SIGSTOP},
	{"TSTP", SIGTSTP},
	{"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU},
	{"URG", SIGURG},
	{"XCPU", SIGXCPU},
	{"XFSZ", SIGXFSZ},
	{"VTALRM", SIGVTALRM},
	{"PROF", SIGPROF},
	{"WINCH", SIGWINCH},
	{"IO", SIGIO},
	{"PWR", SIGPWR},
	{"SYS", SIGSYS},
	{"CLD", SIGCHLD},
	{"IOT", SIGABRT},
	{"POLL", SIGIO},
};

/* The kernel's are 32 to 64. A C library keeps the first ones for itself, musl
 * three; those who write RTMIN+3 mean 37, as glibc and container engines do. */
#define RT_MIN 34

#define NAMES (sizeof names / sizeof names[0])

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* What follows prefix in text, in any case; NULL if it does not begin so. */
static const char *
skip_prefix(const char *text, const char *prefix)
{
	for (; *prefix; text++, prefix++)
		if (upper(*text) != *prefix)
			return NULL;
	return text;
}

/* One or two digits and nothing behind them; -1 if that is not so. */
static int
parse_number(const char *text)
{
	int n = 0;
	unsigned digits = 0;

	for (; *text >= '0' && *text <= '9' && digits < 3; text++, digits++)
		n = n * 10 + (*text - '0');
	return digits == 0 || *text ? -1 : n;
}

static int
parse_real_time(const char *text)
{
	const char *rest;
	int n = 0;

	rest = skip_prefix(text, "RTMIN");
	if (rest) {
		if (*rest == '+')
			n = parse_number(rest + 1);
		else if (*rest)
			return 0;
		if (n < 0 || n > SIGRTMAX - RT_MIN)
			return 0;
		return RT_MIN + n;
	}
	rest = skip_prefix(text, "RTMAX");
	if (!rest)
		return 0;
	if (*rest == '-')
		n = parse_number(rest + 1);
	else if (*rest)
		return 0;
	if (n < 0 || n > SIGRTMAX - RT_MIN)
		return 0;
	return SIGRTMAX - n;
}

int
signame_parse(const char *text)
{
	const char *rest;
	int n = parse_number(text);

	if (n >= 0)
		return n < _NSIG ? n : 0;
	rest = skip_prefix(text, "SIG");
	if (rest)
		text = rest;
	for (size_t i = 0; i < NAMES; i++) {
		rest = skip_prefix(text, names[i].name);
		if (rest && !*rest)
			return names[i].number;
	}
	return parse_real_time(text);
}

const char *
signame_get(int signal, char buf[16])
{
	struct fmt f;

	for (size_t i = 0; i < NAMES; i++)
		if (names[i].number == signal)
			return names[i].name;
	fmt_init(&f, buf, 16);
	if (signal < RT_MIN || signal > SIGRTMAX) {
		fmt_i64(&f, signal);
		return buf;
	}
	fmt_str(&f, "RTMIN");
	if (signal > RT_MIN) {
		fmt_char(&f, '+');
		fmt_i64(&f, signal - RT_MIN);
	}
	return buf;
}
