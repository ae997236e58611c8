/* The checksum is the same with and without wide vectors. */
#include "check.h"

#include "../../lib/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static unsigned char bytes[70000];

static void agrees(void)
{
	size_t bad = 0;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * i * 31 + i / 7);
	for (size_t n = 0; n < 5000; n++)
		bad += pw_hash_checksum(bytes + n % 64, n) != XXH3_64bits(bytes + n % 64, n);
	for (size_t n = 5000; n < sizeof bytes - 64; n += 997)
		bad += pw_hash_checksum(bytes + n % 64, n) != XXH3_64bits(bytes + n % 64, n);
	CHECK(bad == 0);
	CHECK(pw_hash_checksum("", 0) == UINT64_C(0x2d06800538d394c2));
}

int main(void)
{
	TEST(agrees);
	return check_done();
}
