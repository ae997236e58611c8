/*
 * check - the smallest test frame: TAP on stdout, one line per test
 *
 * Use:      static void empty_text(void) { CHECK(f("") == 0); }
 *           int main(void) { TEST(empty_text); return check_done(); }
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int check_tests, check_bad_tests, check_faults;

#define CHECK(x)                                                                                   \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			printf("# %s:%d: not so: %s\n", __FILE__, __LINE__, #x);                   \
			check_faults++;                                                            \
		}                                                                                  \
	} while (0)

#define TEST(function)                                                                             \
	do {                                                                                       \
		check_faults = 0;                                                                  \
		function();                                                                        \
		check_tests++;                                                                     \
		check_bad_tests += check_faults > 0;                                               \
		printf("%s %d - %s\n", check_faults ? "not ok" : "ok", check_tests, #function);    \
		fflush(stdout);                                                                    \
	} while (0)

static int check_done(void)
{
	printf("1..%d\n", check_tests);
	return check_bad_tests > 0;
}

#endif
