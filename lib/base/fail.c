#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The message of the thread, in fixed memory: an error must be sayable when
 * there is no memory left. A longer message is cut short.
 */
static _Thread_local struct {
	enum pw_status status;
	char text[4096];
	char detail[8192];
} message;

int pw_fail(enum pw_status kind, const char *format, ...)
{
	va_list args;

	message.status = kind;
	message.detail[0] = '\0';
	va_start(args, format);
	vsnprintf(message.text, sizeof message.text, format, args);
	va_end(args);
	return -1;
}

int pw_fail_system(const char *what)
{
	char reason[256];

	return pw_fail(PW_SYSTEM, "%s: %s", what, strerror_r(errno, reason, sizeof reason));
}

int pw_fail_at(const char *format, ...)
{
	char place[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(place, sizeof place, format, args);
	va_end(args);

	const size_t n = strlen(place), old = strlen(message.text);
	const size_t room = sizeof message.text - 1;
	const size_t stays = n + 2 + old > room ? room - n - 2 : old;
	memmove(message.text + n + 2, message.text, stays);
	memcpy(message.text, place, n);
	memcpy(message.text + n, ": ", 2);
	message.text[n + 2 + stays] = '\0';
	return -1;
}

int pw_fail_as(enum pw_status kind)
{
	message.status = kind;
	return -1;
}

int pw_fail_detail(const char *format, ...)
{
	const size_t used = strlen(message.detail);
	va_list args;

	if (used + 2 >= sizeof message.detail)
		return -1;
	message.detail[used] = '\n';
	va_start(args, format);
	vsnprintf(message.detail + used + 1, sizeof message.detail - used - 1, format, args);
	va_end(args);
	return -1;
}

enum pw_status pw_fail_status(void)
{
	return message.status;
}

/* Names of files and options may hold line ends and worse: the message is one line all the same. */
const char *pw_fail_text(void)
{
	static _Thread_local char whole[4 * sizeof message.text + sizeof message.detail];
	char *to = whole;

	for (const char *from = message.text; *from != '\0'; from++) {
		const unsigned char c = (unsigned char)*from;
		if (c < 32 || c == 127)
			to += sprintf(to, "\\x%02x", c);
		else if (c == 0xc2 && ((unsigned char)from[1] & 0xe0) == 0x80) /* C1 */
			to += sprintf(to, "\\x%02x", (unsigned char)*++from);
		else
			*to++ = *from;
	}
	strcpy(to, message.detail);
	return whole;
}

void pw_fail_clear(void)
{
	message.status = PW_OK;
	message.text[0] = message.detail[0] = '\0';
}

void pw_bug(const char *format, ...)
{
	va_list args;

	fputs("pw: a bug in pw itself: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}
