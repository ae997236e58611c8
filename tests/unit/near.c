#include "../../lib/base/near.h"
#include "check.h"

#include <string.h>

static const char *const names[] = {"price", "city", "amount", "id", "datetime_utc", "x"};

static const char *near(const char *text)
{
	const char *found = pw_near(text, strlen(text), names, sizeof names / sizeof *names);
	return found ? found : "";
}

static void slips(void)
{
	CHECK(strcmp(near("prise"), "price") == 0);
	CHECK(strcmp(near("prcie"), "price") == 0);
	CHECK(strcmp(near("ctiy"), "city") == 0);
	CHECK(strcmp(near("cit"), "city") == 0);
	CHECK(strcmp(near("CITY"), "city") == 0);
	CHECK(strcmp(near("ammount"), "amount") == 0);
	CHECK(strcmp(near("di"), "id") == 0);
	CHECK(strcmp(near("datetimeutc"), "datetime_utc") == 0);
	CHECK(strcmp(near("datteim_utc"), "datetime_utc") == 0);
	CHECK(strcmp(near("xs"), "x") == 0);
}

static void too_far(void)
{
	CHECK(strcmp(near("pork"), "") == 0);
	CHECK(strcmp(near("y"), "") == 0); /* nothing in common with x */
	CHECK(strcmp(near("pruce!"), "price") == 0);
	CHECK(strcmp(near("pruze"), "") == 0);
	CHECK(strcmp(near("atedimetu_ct"), "") == 0);
	CHECK(strcmp(near("weather"), "") == 0);
	CHECK(strcmp(near(""), "") == 0 || strcmp(near(""), "x") == 0);
	CHECK(pw_near("city", 4, names, 0) == NULL);
}

static void first_of_equals(void)
{
	const char *const two[] = {"cab", "cat"};
	CHECK(strcmp(pw_near("cax", 3, two, 2), "cab") == 0);
}

static void long_names(void)
{
	static char a[2000], b[2000];
	memset(a, 'a', 1999);
	memset(b, 'a', 1999);
	b[1000] = 'b';
	const char *const one[] = {b};
	CHECK(pw_near(a, 1999, one, 1) == b);
	b[1] = b[5] = b[7] = 'c';
	CHECK(pw_near(a, 1999, one, 1) == NULL);
}

int main(void)
{
	TEST(slips);
	TEST(too_far);
	TEST(first_of_equals);
	TEST(long_names);
	return check_done();
}
