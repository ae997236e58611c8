#include "cleanup.h"
#include "../base/mem.h"

#include <stdlib.h>

/* Neither atexit nor pw_mem_on_exhausted passes on a context: so it stands here. */
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
