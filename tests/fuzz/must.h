/* What a target promises: false is a crash that names the line. */
#ifndef PW_FUZZ_MUST_H
#define PW_FUZZ_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			printf("# %s:%d: not so: %s\n", __FILE__, __LINE__, #x);                   \
			fflush(stdout);                                                            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
