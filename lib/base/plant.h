/*
 * pw_plant - bugs that are built in on purpose, to see the tests catch them
 *
 * Use:      if (pw_plant(PW_PLANT_NO_FSYNC))
 *                   return 0;
 *           where a rule stands whose loss the tests must notice. In ordinary
 *           builds the question is a constant false and leaves no code.
 *           `make plants` builds each of them into build/plant-NAME, NAME as
 *           here in small letters and with hyphens: build/plant-no-fsync. A
 *           new bug is a line here, and its name in the Makefile's PLANTS.
 */
#ifndef PW_BASE_PLANT_H
#define PW_BASE_PLANT_H

#include "lang.h"

#include <stdbool.h>

PW_C_BEGIN

enum pw_plant {
	PW_PLANT_NONE,
	PW_PLANT_NO_FSYNC,                /* what is written is not synced */
	PW_PLANT_FRONTIER_BEFORE_JOURNAL, /* a reader promises before its journal is durable */
	PW_PLANT_EOF_IS_END,              /* a pipe that closes without END ends in order */
	PW_PLANT_CLEANUP_BY_COUNT, /* old checkpoints are deleted by their number, not by the restart point */
};

#ifndef PW_PLANT
#define PW_PLANT PW_PLANT_NONE
#endif

static inline bool pw_plant(enum pw_plant bug)
{
	return bug == PW_PLANT;
}

PW_C_END

#endif
