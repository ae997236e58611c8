#include "civil.h"
#include "digits.h"
#include "text.h"

/*
 * Two digits at p as a number. A character that is no digit is noted in *bad, to be
 * looked at once after all fields.
 */
static inline int two(const char *p, unsigned int *bad)
{
	const unsigned int tens = (unsigned int)(unsigned char)p[0] - '0';
	const unsigned int ones = (unsigned int)(unsigned char)p[1] - '0';
	*bad |= (tens > 9) | (ones > 9);
	return (int)(tens * 10 + ones);
}

#define TOO_FINE (-1) /* ns of a fraction that has more digits */

/* ".123" at p: ns, or TOO_FINE, and how many characters it took; 0 when it isn't a fraction. */
static size_t fraction(const char *p, const char *end, int *ns)
{
	const char *q = p + 1;
	int x = 0;
	bool fine = false;
	for (int scale = 100000000; q < end && (unsigned char)(*q - '0') <= 9; q++, scale /= 10) {
		fine |= scale == 0 && *q != '0';
		x += (*q - '0') * scale;
	}
	*ns = fine ? TOO_FINE : x;
	return q == p + 1 ? 0 : (size_t)(q - p);
}

/*
 * The date and the time of day at the start of the text: where it ends, or
 * NULL. A date alone (length 10) is midnight.
 */
static const char *moment(const char *p, const char *end, struct pw_civil *c)
{
	unsigned int bad = 0;
	if (end - p < 10 || p[4] != '-' || p[7] != '-')
		return NULL;
	*c = (struct pw_civil){.year = two(p, &bad) * 100 + two(p + 2, &bad),
			       .month = two(p + 5, &bad),
			       .day = two(p + 8, &bad)};
	if (end - p == 10)
		return bad ? NULL : end;
	if (end - p < 16 || (p[10] != 'T' && p[10] != ' ') || p[13] != ':')
		return NULL;
	c->hour = two(p + 11, &bad);
	c->minute = two(p + 14, &bad);
	p += 16;
	if (end - p >= 3 && *p == ':') {
		c->second = two(p + 1, &bad);
		p += 3;
		if (p < end && *p == '.') {
			const size_t n = fraction(p, end, &c->ns);
			if (n == 0)
				return NULL;
			p += n;
		}
	}
	return bad ? NULL : p;
}

/* Why is it no ns: there is no such time, or it is beyond them? */
static int why_not(struct pw_civil c)
{
	if (c.ns == TOO_FINE)
		c.ns = 0;
	return pw_civil_valid(&c) ? PW_TEXT_BEYOND : -1;
}

int pw_text_datetime(struct pw_slice s, int64_t *ns)
{
	struct pw_civil c;
	const char *end = s.data + s.length;
	if (moment(s.data, end, &c) != end)
		return -1;
	return pw_civil_to_ns(&c, ns) ? 0 : why_not(c);
}

size_t pw_text_zone(struct pw_slice s, int64_t *seconds)
{
	unsigned int bad = 0;
	const char *p = s.data;
	*seconds = 0;
	if (s.length > 0 && p[0] == 'Z')
		return 1;
	if (s.length < 3 || (p[0] != '+' && p[0] != '-'))
		return 0;
	const int hours = two(p + 1, &bad);
	const size_t at = s.length > 3 && p[3] == ':' ? 4 : 3;
	int minutes = 0;
	size_t length = 3;
	if (s.length >= at + 2) {
		unsigned int other = 0;
		minutes = two(p + at, &other);
		if (other)
			minutes = 0;
		else
			length = at + 2;
	}
	if (bad || hours > 23 || minutes > 59)
		return 0;
	*seconds = (hours * 3600 + minutes * 60) * (p[0] == '-' ? -1 : 1);
	return length;
}

int pw_text_datetime_utc(struct pw_slice s, int64_t *ns)
{
	struct pw_civil c;
	int64_t offset;
	const char *end = s.data + s.length;
	const char *p = moment(s.data, end, &c);
	if (p == NULL || p == end)
		return -1;
	const size_t zone = pw_text_zone((struct pw_slice){p, (size_t)(end - p)}, &offset);
	if (zone == 0 || p + zone != end)
		return -1;
	if (!pw_civil_to_ns(&c, ns))
		return why_not(c);
	return __builtin_sub_overflow(*ns, offset * PW_NS_SECOND, ns) ? PW_TEXT_BEYOND : 0;
}

/* ".5": ns below a second without the zeros at their end; nothing for 0. */
static char *add_fraction(char *p, unsigned int ns)
{
	if (ns == 0)
		return p;
	unsigned int digits = 9;
	for (; ns % 10 == 0; ns /= 10)
		digits--;
	*p = '.';
	pw_digits_write(p + 1, ns, digits);
	return p + 1 + digits;
}

void pw_text_add_datetime(struct pw_bytes *b, int64_t ns, bool utc)
{
	char *start = pw_bytes_room(b, 32), *p = start;
	struct pw_civil c;
	pw_civil_from_ns(ns, &c);
	memcpy(p, "0000-00-00T00:00:00", 19);
	pw_digits_write(p, (uint64_t)c.year, 4);
	pw_digits_write(p + 5, (uint64_t)c.month, 2);
	pw_digits_write(p + 8, (uint64_t)c.day, 2);
	pw_digits_write(p + 11, (uint64_t)c.hour, 2);
	pw_digits_write(p + 14, (uint64_t)c.minute, 2);
	pw_digits_write(p + 17, (uint64_t)c.second, 2);
	p = add_fraction(p + 19, (unsigned int)c.ns);
	if (utc)
		*p++ = 'Z';
	b->length += (size_t)(p - start);
}

/* The unit at p, its length and its ns; 0 when there is none. */
static size_t unit(const char *p, const char *end, int64_t *ns)
{
	static const struct {
		char name[3];
		int64_t ns;
	} units[] = {
		{"ns", 1},
		{"us", 1000},
		{"ms", 1000000},
		{"s", PW_NS_SECOND},
		{"m", 60 * PW_NS_SECOND},
		{"h", 3600 * PW_NS_SECOND},
		{"d", 86400 * PW_NS_SECOND},
		{"w", 7 * 86400 * PW_NS_SECOND},
	};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		const size_t n = strlen(units[i].name);
		if ((size_t)(end - p) >= n && memcmp(p, units[i].name, n) == 0) {
			*ns = units[i].ns;
			return n;
		}
	}
	return 0;
}

/*
 * "1.5" at p, times the unit that follows it, as exact ns: where it ends, or
 * NULL. Below 10^18 the number and 10^18 its scale, the products fit 128 bits.
 */
static const char *part(const char *p, const char *end, int64_t *unit_ns, __int128 *ns)
{
	const int64_t most = INT64_C(100000000000000000);
	__int128 number = 0, scale = 1;
	int digits = 0;
	bool fraction = false;
	for (; p < end && (*p == '.' || (unsigned char)(*p - '0') <= 9); p++) {
		if (*p == '.') {
			if (fraction || digits == 0)
				return NULL;
			fraction = true;
			digits = 0;
			continue;
		}
		digits++;
		if (fraction && *p == '0' && scale >= most)
			continue; /* zeros that nothing but zeros can follow */
		if (scale >= most || number >= (__int128)most * 100)
			return NULL;
		number = number * 10 + (*p - '0');
		if (fraction)
			scale *= 10;
	}
	const size_t n = digits ? unit(p, end, unit_ns) : 0;
	if (n == 0 || number * *unit_ns % scale != 0)
		return NULL;
	*ns = number * *unit_ns / scale;
	return p + n;
}

int pw_text_duration(struct pw_slice s, int64_t *ns)
{
	const char *p = s.data, *end = p + s.length;
	const bool negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end)
		return -1;
	__int128 sum = 0;
	int64_t last = INT64_MAX;
	while (p < end) {
		__int128 x = 0;
		int64_t unit_ns = 0;
		p = part(p, end, &unit_ns, &x);
		if (p == NULL || unit_ns >= last)
			return -1;
		last = unit_ns;
		sum += x;
		if (sum > (__int128)INT64_MAX + 1)
			return -1;
	}
	if (sum > (__int128)INT64_MAX + negative)
		return -1;
	*ns = (int64_t)(negative ? -sum : sum);
	return 0;
}

static char *add_part(char *p, uint64_t x, char name)
{
	if (x == 0)
		return p;
	const unsigned int n = pw_digits_count(x);
	pw_digits_write(p, x, n);
	p[n] = name;
	return p + n + 1;
}

void pw_text_add_duration(struct pw_bytes *b, int64_t ns)
{
	char *start = pw_bytes_room(b, 48), *p = start;
	uint64_t x = (uint64_t)ns;
	if (ns < 0) {
		*p++ = '-';
		x = 0 - x;
	}
	const uint64_t seconds = x / (uint64_t)PW_NS_SECOND;
	const unsigned int rest = (unsigned int)(x % (uint64_t)PW_NS_SECOND);
	p = add_part(p, seconds / PW_DAY_SECONDS, 'd');
	p = add_part(p, seconds / 3600 % 24, 'h');
	p = add_part(p, seconds / 60 % 60, 'm');
	if (seconds % 60 || rest || x == 0) {
		const unsigned int n = pw_digits_count(seconds % 60);
		pw_digits_write(p, seconds % 60, n);
		p = add_fraction(p + n, rest);
		*p++ = 's';
	}
	b->length += (size_t)(p - start);
}

int pw_text_size(struct pw_slice s, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	int64_t x;
	unsigned int shift = 0;
	if (s.length == 0 || (unsigned char)(s.data[0] - '0') > 9)
		return -1;
	const char last = (char)(s.data[s.length - 1] & ~0x20);
	const char *u = (s.data[s.length - 1] & 0x40) ? strchr(units, last) : NULL;
	if (u != NULL && *u != '\0') {
		shift = 10 * (unsigned int)(u - units + 1);
		s.length--;
	}
	if (pw_text_int(s, &x) || (uint64_t)x > UINT64_MAX >> shift)
		return -1;
	*bytes = (uint64_t)x << shift;
	return 0;
}
