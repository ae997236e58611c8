#include "ast_lex_internal.h"

#include "../data/text.h"

#include <stdlib.h>

/* The byte at i, or 0 after the end (a text with a NUL has been refused). */
static char byte_at(const struct pw_ast *ast, uint32_t i)
{
	return i < ast->source.length ? ast->source.data[i] : 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint32_t skip_line(const struct pw_ast *ast, uint32_t at)
{
	while (at < ast->source.length && byte_at(ast, at) != '\n')
		at++;
	return at;
}

/* Moves *at past blanks and comments. */
static int skip_blank(const struct pw_ast *ast, uint32_t *at)
{
	for (;;) {
		const char c = byte_at(ast, *at), d = byte_at(ast, *at + 1);
		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			++*at;
		} else if (c == '#' || (c == '-' && d == '-')) {
			*at = skip_line(ast, *at);
		} else if (c == '/' && d == '*') {
			const char *from = ast->source.data + *at + 2;
			const char *end = memmem(from, ast->source.length - *at - 2, "*/", 2);
			if (end == NULL)
				return pw_ast_fail_byte(ast, *at, "the comment has no end");
			*at = (uint32_t)(end + 2 - ast->source.data);
		} else {
			return 0;
		}
	}
}

static void add_code_point(struct pw_bytes *b, uint32_t c)
{
	if (c < 0x80) {
		pw_bytes_put(b, (char)c);
	} else if (c < 0x800) {
		pw_bytes_put(b, (char)(0xc0 | c >> 6));
		pw_bytes_put(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		pw_bytes_put(b, (char)(0xe0 | c >> 12));
		pw_bytes_put(b, (char)(0x80 | (c >> 6 & 0x3f)));
		pw_bytes_put(b, (char)(0x80 | (c & 0x3f)));
	} else {
		pw_bytes_put(b, (char)(0xf0 | c >> 18));
		pw_bytes_put(b, (char)(0x80 | (c >> 12 & 0x3f)));
		pw_bytes_put(b, (char)(0x80 | (c >> 6 & 0x3f)));
		pw_bytes_put(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* count digits of the given base from *at on; -1: they are not there. */
static int64_t fixed_digits(const struct pw_ast *ast, uint32_t at, int count, int base)
{
	int64_t x = 0;
	for (int i = 0; i < count; i++) {
		const int d = hex_digit(byte_at(ast, at + (uint32_t)i));
		if (d < 0 || d >= base)
			return -1;
		x = x * base + d;
	}
	return x;
}

/* The escape whose backslash is at *at; moves *at past it. */
static int lex_escape(const struct pw_ast *ast, uint32_t *at, struct pw_bytes *b)
{
	static const char plain[] = "abfnrtv\\?\"'`", meaning[] = "\a\b\f\n\r\t\v\\?\"'`";
	const uint32_t from = *at;
	const char c = byte_at(ast, from + 1);
	const char *known = c ? strchr(plain, c) : NULL;
	int64_t code = -1;
	int digits = 0;

	if (known != NULL) {
		pw_bytes_put(b, meaning[known - plain]);
		*at = from + 2;
		return 0;
	}
	if (c == 'x' || c == 'X')
		digits = 2;
	else if (c == 'u')
		digits = 4;
	else if (c == 'U')
		digits = 8;
	if (digits > 0)
		code = fixed_digits(ast, from + 2, digits, 16);
	else if (c >= '0' && c <= '3' && (code = fixed_digits(ast, from + 1, 3, 8)) >= 0)
		digits = 2;
	if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return pw_ast_fail_byte(ast, from,
					"this is not an escape: write \\\\ for a backslash, or "
					"r\"...\" for a text without escapes");
	add_code_point(b, (uint32_t)code);
	*at = from + 2 + (uint32_t)digits;
	return 0;
}

/* A name in back ticks: every character is itself, and two ticks are one. */
static int lex_ticked(struct pw_ast *ast, uint32_t at, struct pw_token *token)
{
	const uint32_t open = at;
	struct pw_bytes b = {0};

	for (at++; byte_at(ast, at) != '`' || byte_at(ast, at + 1) == '`'; at++) {
		if (at >= ast->source.length) {
			pw_bytes_release(&b);
			return pw_ast_fail_byte(ast, open, "the name has no closing `");
		}
		at += byte_at(ast, at) == '`';
		pw_bytes_put(&b, byte_at(ast, at));
	}
	token->kind = PW_TOKEN_TICKED;
	token->text.data = pw_arena_copy(&ast->arena, b.data, b.length);
	token->text.length = b.length;
	token->end = at + 1;
	pw_bytes_release(&b);
	return token->text.length > 0 ? 0 : pw_ast_fail_byte(ast, open, "a name cannot be empty");
}

/* A text between marks of `width` (1, or 3 of '''...'''). */
static int lex_quoted(struct pw_ast *ast, uint32_t at, uint32_t width, bool raw,
		      struct pw_token *token)
{
	const uint32_t open = at;
	const char *mark = ast->source.data + at;
	struct pw_bytes b = {0};

	for (at += width;;) {
		if (at + width > ast->source.length) {
			pw_bytes_release(&b);
			return pw_ast_fail_byte(ast, open, "the text has no closing %c", *mark);
		}
		if (memcmp(ast->source.data + at, mark, width) == 0)
			break;
		if (byte_at(ast, at) != '\\') {
			pw_bytes_put(&b, byte_at(ast, at++));
		} else if (raw) {
			pw_bytes_put(&b, '\\');
			if (++at < ast->source.length)
				pw_bytes_put(&b, byte_at(ast, at++));
		} else if (lex_escape(ast, &at, &b) < 0) {
			pw_bytes_release(&b);
			return -1;
		}
	}
	token->text.data = pw_arena_copy(&ast->arena, b.data, b.length);
	token->text.length = b.length;
	token->end = at + width;
	pw_bytes_release(&b);
	return 0;
}

/* The run of digits, letters and points is a duration, or nothing. */
static int lex_duration(const struct pw_ast *ast, uint32_t at, struct pw_token *token)
{
	uint32_t end = at;
	int64_t ns;
	while (is_digit(byte_at(ast, end)) || is_letter(byte_at(ast, end)) ||
	       (byte_at(ast, end) == '.' && is_digit(byte_at(ast, end + 1))))
		end++;
	const struct pw_slice text = {ast->source.data + at, end - at};
	if (pw_text_duration(text, &ns) < 0)
		return pw_ast_fail_byte(ast, at,
					"'%.*s' is neither a number nor a duration (like 500ms, "
					"1h30m, 7d)",
					(int)(text.length < 64 ? text.length : 64), text.data);
	token->kind = PW_TOKEN_DURATION;
	token->integer = (uint64_t)ns;
	token->end = end;
	return 0;
}

static int lex_integer(const struct pw_ast *ast, uint32_t at, uint32_t end, unsigned base,
		       struct pw_token *token)
{
	uint64_t x = 0;
	token->kind = PW_TOKEN_INT;
	token->end = end;
	for (uint32_t i = at; i < end; i++) {
		const unsigned d = (unsigned)hex_digit(byte_at(ast, i));
		if (x > ((UINT64_C(1) << 63) - d) / base)
			return pw_ast_fail_byte(ast, token->at,
						"the number does not fit in 64 bits");
		x = x * base + d;
	}
	token->integer = x;
	return 0;
}

static int lex_float(struct pw_ast *ast, uint32_t at, uint32_t end, struct pw_token *token)
{
	const char *digits = pw_arena_string(&ast->arena, ast->source.data + at, end - at);
	token->kind = PW_TOKEN_FLOAT;
	token->end = end;
	token->number = strtod(digits, NULL);
	if (token->number > 1.7976931348623157e308)
		return pw_ast_fail_byte(ast, at, "the number is too great for a float");
	return 0;
}

static uint32_t skip_digits(const struct pw_ast *ast, uint32_t at)
{
	while (is_digit(byte_at(ast, at)))
		at++;
	return at;
}

static int lex_number(struct pw_ast *ast, uint32_t at, struct pw_token *token)
{
	uint32_t end = at;
	bool whole = true;

	if (byte_at(ast, at) == '0' && (byte_at(ast, at + 1) | 0x20) == 'x') {
		for (end = at + 2; hex_digit(byte_at(ast, end)) >= 0;)
			end++;
		if (end > at + 2 && !is_letter(byte_at(ast, end)))
			return lex_integer(ast, at + 2, end, 16, token);
		return pw_ast_fail_byte(ast, at, "0x is followed by hexadecimal digits");
	}
	end = skip_digits(ast, end);
	if (byte_at(ast, end) == '.' && !is_letter(byte_at(ast, end + 1))) {
		whole = false;
		end = skip_digits(ast, end + 1);
	}
	if ((byte_at(ast, end) | 0x20) == 'e') {
		const char sign = byte_at(ast, end + 1);
		const uint32_t digits = end + 1 + (sign == '+' || sign == '-');
		if (is_digit(byte_at(ast, digits))) {
			whole = false;
			end = skip_digits(ast, digits);
		}
	}
	if (is_letter(byte_at(ast, end)))
		return lex_duration(ast, at, token);
	return whole ? lex_integer(ast, at, end, 10, token) : lex_float(ast, at, end, token);
}

/* A sign of other languages. */
static int refuse_sign(const struct pw_ast *ast, uint32_t at)
{
	static const struct {
		const char *sign, *advice;
	} others[] = {
		{"&&", "write AND"},
		{"&", "write AND, or bit_and(x, y) of ints"},
		{"|", "write OR, or bit_or(x, y) of ints; || joins texts"},
		{"!", "write NOT"},
		{"^", "write x ** y for a power, or xor(x, y)"},
		{"?", "write if(c, x, y)"},
		{";", "an expression ends without it"},
	};
	const char *text = ast->source.data + at;
	const size_t left = ast->source.length - at;

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		const size_t n = strlen(others[i].sign);
		if (n <= left && memcmp(text, others[i].sign, n) == 0)
			return pw_ast_fail_byte(ast, at, "'%s' means nothing here: %s",
						others[i].sign, others[i].advice);
	}
	return pw_ast_fail_byte(ast, at, "'%c' means nothing here", *text);
}

static int lex_sign(const struct pw_ast *ast, uint32_t at, struct pw_token *token)
{
	/* longer ones first, as shorter ones begin them */
	static const char *const signs[] = {
		"->>", "->", "**", "//", "||", "::", "==", "!=", "!~", "<>", "<=", ">=", "+", "-",
		"*",   "/",  "%",  "=",  "<",  ">",  "~",  "(",  ")",  "[",  "]",  ",",  ".",
	};
	const char *text = ast->source.data + at;
	const size_t left = ast->source.length - at;

	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
		const size_t n = strlen(signs[i]);
		if (n <= left && memcmp(text, signs[i], n) == 0) {
			token->kind = PW_TOKEN_SIGN;
			token->text = pw_slice_of(signs[i]);
			token->end = at + (uint32_t)n;
			return 0;
		}
	}
	return refuse_sign(ast, at);
}

int pw_ast_lex(struct pw_ast *ast, uint32_t at, struct pw_token *token)
{
	if (skip_blank(ast, &at) < 0)
		return -1;
	*token = (struct pw_token){.kind = PW_TOKEN_END, .at = at, .end = at};
	const char c = byte_at(ast, at), d = byte_at(ast, at + 1);
	if (at >= ast->source.length)
		return 0;
	if (c == '`')
		return lex_ticked(ast, at, token);
	const bool raw = (c == 'r' || c == 'R') && (d == '\'' || d == '"');
	if (raw || c == '\'' || c == '"') {
		const uint32_t from = at + raw;
		const char q = byte_at(ast, from);
		const bool triple = byte_at(ast, from + 1) == q && byte_at(ast, from + 2) == q;
		token->kind = PW_TOKEN_TEXT;
		return lex_quoted(ast, from, triple ? 3 : 1, raw, token);
	}
	if (is_digit(c) || (c == '.' && is_digit(d)))
		return lex_number(ast, at, token);
	if (!is_letter(c))
		return lex_sign(ast, at, token);
	while (is_letter(byte_at(ast, at)) || is_digit(byte_at(ast, at)))
		at++;
	token->kind = PW_TOKEN_NAME;
	token->text = (struct pw_slice){ast->source.data + token->at, at - token->at};
	token->end = at;
	return 0;
}
