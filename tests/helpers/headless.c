/*
 * headless: a process whose first thread ends while another one goes on, as
 * some daemons do it. /proc/PID/stat calls it a zombie, and it is alive.
 */
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

static void *
go_on(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

int
main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, go_on, NULL) != 0)
		return 1;
	pthread_exit(NULL);
}
