#include "cleanup.h"
#include "../base/mem.h"

#include <stdlib.h>

/* neither atexit nor pw_mem_on_exhausted passes a context on */
static struct {
	void (*undo)(void *of);
	void *of;
} cleanup;

static void run(void)
{
	cleanup.undo(cleanup.of);
}

void pw_cleanup_at_exit(void (*undo)(void *of), void *of)
{
	cleanup.undo = undo;
	cleanup.of = of;
	atexit(run);
	pw_mem_on_exhausted(run);
}
