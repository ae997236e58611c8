#include "../../lib/data/zone.h"
#include "../../lib/base/fail.h"
#include "check.h"

#include <stdlib.h>
#include <time.h>

/* The C library reads the same files: it must agree on every offset, now and far ahead. */
static void agrees_with_libc(void)
{
	static const char *const names[] = {
		"Europe/Oslo",     "America/New_York",  "Australia/Sydney",
		"Asia/Kolkata",    "Africa/Casablanca", "America/Santiago",
		"Pacific/Chatham", "Asia/Tehran",       "UTC"};
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		struct pw_zone z;
		CHECK(pw_zone_load(&z, pw_slice_of(names[k])) == 0);
		setenv("TZ", names[k], 1);
		tzset();
		int wrong = 0;
		for (int64_t t = -3000000000; t < 7000000000; t += 1234567) {
			const time_t at = t;
			struct tm tm;
			localtime_r(&at, &tm);
			wrong += pw_zone_offset(&z, t) != tm.tm_gmtoff;
		}
		CHECK(wrong == 0);
		if (wrong)
			printf("# %s: %d differ\n", names[k], wrong);
		pw_zone_release(&z);
	}
}

static void local_times(void)
{
	struct pw_zone z;
	CHECK(pw_zone_load(&z, PW_SLICE("Europe/Warsaw")) == 0);
	CHECK(pw_zone_utc(&z, 1679795999) == 1679795999 - 3600); /* 2023-03-26T01:59:59 */
	CHECK(pw_zone_utc(&z, 1679797800) == 1679797800 - 3600); /* 02:30 is skipped */
	CHECK(pw_zone_utc(&z, 1679801400) == 1679801400 - 7200); /* 03:30 */
	CHECK(pw_zone_utc(&z, 1698546600) == 1698546600 - 7200); /* 2023-10-29T02:30, the first */
	CHECK(pw_zone_utc(&z, 1698550200) == 1698550200 - 3600); /* 03:30 */
	pw_zone_release(&z);
}

static void refused(void)
{
	static const char *const names[] = {
		"",       "Europe/Atlantis", "../../../etc/passwd", "/etc/passwd",
		"Europe", "zone.tab",        "Europe/\x01"};
	struct pw_zone z;
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		CHECK(pw_zone_load(&z, pw_slice_of(names[k])) < 0);
		CHECK(pw_fail_status() == PW_USAGE);
	}
}

int main(void)
{
	TEST(agrees_with_libc);
	TEST(local_times);
	TEST(refused);
	return check_done();
}
