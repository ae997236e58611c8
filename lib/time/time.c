#include "time.h"

int pw_time_parse(struct pw_slice text, pw_time *t)
{
	uint64_t x = 0;

	if (pw_slice_equal(text, PW_SLICE("end"))) {
		*t = PW_TIME_END;
		return 0;
	}
	if (text.length == 0 || text.length > 20)
		return -1;
	for (size_t i = 0; i < text.length; i++) {
		const unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';
		if (digit > 9 || __builtin_mul_overflow(x, 10, &x) ||
		    __builtin_add_overflow(x, digit, &x))
			return -1;
	}
	*t = x;
	return 0;
}

void pw_time_print(struct pw_bytes *b, pw_time t)
{
	if (t == PW_TIME_END)
		pw_bytes_text(b, "end");
	else
		pw_bytes_print(b, "%" PRIu64, t);
}

int pw_time_fail_at(pw_time t)
{
	if (t == PW_TIME_NONE)
		return -1;
	return t == PW_TIME_END ? pw_fail_at("time end") : pw_fail_at("time %" PRIu64, t);
}
