/*
 * pw_sync_rule - which values the members of a synchronisation group may send
 *
 * Each member sends rows with a value, and of each is known the greatest that
 * it has sent (last) and the one that it would send next. Those that are idle
 * or have left hold nobody back; the others are active. D is the greatest
 * difference. A bound M holds for all:
 *
 *   - as long as an active member has shown no value (neither a last nor a
 *     next) there is no M, and nothing may be sent;
 *   - else M is the least of max(last + D, next) over the active ones (of what
 *     there is of the two), but never below the greatest last of all members;
 *   - an active member may send v if v <= M and each active member of a higher
 *     priority has sent v or more;
 *   - if each active member has a next and none of them may send it, all would
 *     wait for ever: M is then the least next among those of the highest
 *     priority, which may send it.
 *
 * So members stay within D of each other, but a gap in all of them is jumped.
 *
 * Values are long doubles: these hold every int, time and float exactly.
 */
#ifndef PW_READ_SYNC_RULE_INTERNAL_H
#define PW_READ_SYNC_RULE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pw_sync_rule_member {
	bool active, has_last, has_next;
	int64_t priority;
	long double last, next;
};

/*
 * What member self, which is active, may send: all values up to the bound, one
 * after the other, as long as the others say nothing new; false: none. It is
 * infinite where nobody else is active.
 */
bool pw_sync_rule_bound(const struct pw_sync_rule_member *members, size_t count, size_t self,
			long double difference, long double *bound);

#endif
