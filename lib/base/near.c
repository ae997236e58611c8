#include "near.h"

#include <stdbool.h>
#include <string.h>

/*
 * Only distances up to LIMIT matter, so only the cells of the distance matrix
 * within LIMIT of its diagonal are computed: time LIMIT * length and no memory,
 * however long the names are.
 */
enum { LIMIT = 3, BAND = 2 * LIMIT + 1, FAR = LIMIT + 1 };

static inline unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static inline int least(int a, int b)
{
	return a < b ? a : b;
}

/* The cell of row i and column j, in three rows used in turn; FAR outside the band. */
static inline int cell(int rows[3][BAND], size_t i, size_t j)
{
	if (j + LIMIT < i || j > i + LIMIT)
		return FAR;
	return rows[i % 3][j + LIMIT - i];
}

static int distance_at(int rows[3][BAND], const char *a, const char *b, size_t i, size_t j)
{
	if (i == 0 || j == 0)
		return (int)(i + j);
	const bool same = lower(a[i - 1]) == lower(b[j - 1]);
	int d = cell(rows, i - 1, j - 1) + !same;
	d = least(d, cell(rows, i - 1, j) + 1);
	d = least(d, cell(rows, i, j - 1) + 1);
	if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
	    lower(a[i - 2]) == lower(b[j - 1]))
		d = least(d, cell(rows, i - 2, j - 2) + 1);
	return d;
}

/* Insertions, deletions, changes and swaps of neighbours from a to b; FAR when above LIMIT. */
static int distance(const char *a, size_t m, const char *b, size_t n)
{
	if (m > n + LIMIT || n > m + LIMIT)
		return FAR;
	int rows[3][BAND];
	for (size_t i = 0; i <= m; i++) {
		const size_t from = i > LIMIT ? i - LIMIT : 0, to = n < i + LIMIT ? n : i + LIMIT;
		for (int k = 0; k < BAND; k++)
			rows[i % 3][k] = FAR;
		for (size_t j = from; j <= to; j++)
			rows[i % 3][j + LIMIT - i] = least(distance_at(rows, a, b, i, j), FAR);
	}
	return cell(rows, m, n);
}

const char *pw_near(const char *text, size_t length, const char *const *names, size_t count)
{
	int limit = length / 3 > LIMIT ? LIMIT : length < 3 ? 1 : (int)(length / 3);
	const char *best = NULL;
	for (size_t i = 0; i < count; i++) {
		const size_t n = strlen(names[i]);
		const int d = distance(text, length, names[i], n);
		/* with every character different they have nothing in common */
		if (d <= limit && (size_t)d < (length > n ? length : n)) {
			best = names[i];
			limit = d - 1;
		}
	}
	return best;
}
