/* A service that does nothing and is as small as can be. */
#include <unistd.h>

int
main(void)
{
	for (;;)
		pause();
}
