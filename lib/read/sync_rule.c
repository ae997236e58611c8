#include "sync_rule_internal.h"

#include <math.h>

/*
 * M without the last clause. but: a member whose own term is left out, since the
 * value that it sends next is never above that; count: no member is. False: M is
 * undefined.
 */
static bool common(const struct pw_sync_rule_member *m, size_t n, size_t but,
		   long double difference, long double *bound)
{
	*bound = INFINITY;
	for (size_t i = 0; i < n; i++) {
		if (!m[i].active)
			continue;
		if (!m[i].has_last && !m[i].has_next)
			return false;
		long double x = m[i].has_last ? m[i].last + difference : m[i].next;
		if (m[i].has_next && m[i].next > x)
			x = m[i].next;
		if (i != but && x < *bound)
			*bound = x;
	}
	for (size_t i = 0; i < n; i++)
		if (m[i].has_last && m[i].last > *bound)
			*bound = m[i].last;
	return true;
}

/* Lowers M to what members of a higher priority have sent; false: one has sent nothing yet. */
static bool own(const struct pw_sync_rule_member *m, size_t n, size_t self, long double *bound)
{
	for (size_t i = 0; i < n; i++) {
		if (!m[i].active || m[i].priority <= m[self].priority)
			continue;
		if (!m[i].has_last)
			return false;
		if (m[i].last < *bound)
			*bound = m[i].last;
	}
	return true;
}

/* Does each active member want to send, and may none of them? */
static bool stuck(const struct pw_sync_rule_member *m, size_t n, long double all)
{
	for (size_t i = 0; i < n; i++) {
		long double bound = all;
		if (m[i].active && (!m[i].has_next || (own(m, n, i, &bound) && m[i].next <= bound)))
			return false;
	}
	return true;
}

static long double least_of_highest(const struct pw_sync_rule_member *m, size_t n)
{
	const struct pw_sync_rule_member *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (m[i].active && (best == NULL || m[i].priority > best->priority ||
				    (m[i].priority == best->priority && m[i].next < best->next)))
			best = &m[i];
	return best->next;
}

bool pw_sync_rule_bound(const struct pw_sync_rule_member *members, size_t count, size_t self,
			long double difference, long double *bound)
{
	long double all;

	if (!common(members, count, count, difference, &all))
		return false;
	if (stuck(members, count, all))
		*bound = least_of_highest(members, count);
	else
		common(members, count, self, difference, bound);
	return own(members, count, self, bound);
}
