#include "digits.h"
#include "text.h"

/* Nine or more digits, leading zeros included: 0, or -1 when not digits or above 64 bits. */
static int long_digits(const char *p, size_t n, uint64_t *value)
{
	while (n > 8 && *p == '0')
		p++, n--;
	if (n > 20)
		return -1;
	uint64_t x = 0;
	const size_t head = n % 8;
	if (head) {
		const uint64_t w = pw_digits_align(pw_digits_load(p, head), head);
		if (!pw_digits_all(w))
			return -1;
		x = pw_digits_value(w);
	}
	for (size_t i = head; i < n; i += 8) {
		const uint64_t w = pw_digits_load(p + i, 8);
		if (!pw_digits_all(w) || __builtin_mul_overflow(x, (uint64_t)100000000, &x) ||
		    __builtin_add_overflow(x, (uint64_t)pw_digits_value(w), &x))
			return -1;
	}
	*value = x;
	return 0;
}

int pw_text_int(struct pw_slice s, int64_t *x)
{
	if (s.length == 0)
		return -1;
	const bool negative = s.data[0] == '-';
	const size_t sign = negative | (s.data[0] == '+');
	const char *p = s.data + sign;
	const size_t n = s.length - sign;
	uint64_t value;
	if (n == 0)
		return -1;
	if (n <= 8) {
		const uint64_t w = pw_digits_align(pw_digits_load(p, n), n);
		if (!pw_digits_all(w))
			return -1;
		value = pw_digits_value(w);
	} else if (long_digits(p, n, &value) || value > (uint64_t)INT64_MAX + negative) {
		return -1;
	}
	*x = (int64_t)(negative ? 0 - value : value);
	return 0;
}

void pw_text_add_int(struct pw_bytes *b, int64_t x)
{
	char *p = pw_bytes_room(b, 20), *start = p;
	uint64_t u = (uint64_t)x;
	if (x < 0) {
		*p++ = '-';
		u = 0 - u;
	}
	const unsigned int n = pw_digits_count(u);
	pw_digits_write(p, u, n);
	b->length += (size_t)(p - start) + n;
}
