/*
 * pw_sync_rule - which values the members of a synchronisation group may send
 *
 * Each member sends rows with values, and two values of each member are known:
 * the greatest one that it has sent (last) and the one that it would send next.
 * Members that are idle or have left hold nobody back; the others are active. D
 * is the greatest difference. A bound M holds for all:
 *
 *   - as long as an active member has shown no value (neither a last nor a
 *     next) there is no M, and nothing may be sent;
 *   - else M is the least of max(last + D, next) over the active members (or of
 *     the one of the two that there is), but never below the greatest last of
 *     all members;
 *   - an active member may send v if v <= M and each active member of a higher
 *     priority has sent v or more;
 *   - if each active member has a next and none of them may send it, all would
 *     wait for ever: M is then the least next among those of the highest
 *     priority, which may send it.
 *
 * So members stay within D of each other, but a gap in all of them is jumped.
 *
 * Use:      ask for the bound with the members as they are now.
 * Promises: the values are long doubles, which hold every int, time and float
 *           exactly.
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
 * Member self, which is active, may send all values up to the bound, one after
 * the other, as long as the others tell nothing new; false: it may send none.
 * The bound is infinite if no other member is active.
 */
bool pw_sync_rule_bound(const struct pw_sync_rule_member *members, size_t count, size_t self,
			long double difference, long double *bound);

#endif
