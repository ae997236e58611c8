#include "../base/io.h"
#include "../time/clock.h"
#include "sync_group_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/*
 * The file: a header, then PW_SYNC_MEMBERS_MAX slots; of this machine, in its
 * own byte order. Locks: byte GATE, and a byte for each slot beyond the end.
 */
enum { GATE = 0, ALIVE = 1 << 20 };
enum { FREE, HERE, ENDED };

#define LEAVING_NS                                                                                 \
	INT64_C(1000000000) /* for so long one that has left without an end is waited for */

static const char magic[8] = "pwsync2";

struct header {
	char magic[8];
	uint32_t complete;
	uint32_t zero;
	uint64_t generation;
	struct pw_sync_terms terms;
};

struct slot {
	uint32_t state;
	uint32_t over; /* load counts */
	int64_t pid, priority, idle;
	int64_t left; /* when it was seen that it has left without an end (ns, CLOCK_BOOTTIME); 0: it was not */
	struct pw_sync_place place, load;
};

struct content {
	struct header header;
	struct slot slots[PW_SYNC_MEMBERS_MAX];
};

static int failed(const struct pw_sync_group *g)
{
	return pw_fail_at("--sync %s", g->name);
}

/* ---- locks ---- */

static bool lock(const struct pw_sync_group *g, int command, short type, off_t byte, short *found)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	int rc;

	do {
		rc = fcntl(g->fd, command, &l);
	} while (rc < 0 && errno == EINTR);
	if (found != NULL)
		*found = l.l_type;
	return rc == 0;
}

static bool is_alive(const struct pw_sync_group *g, int i)
{
	short found = F_UNLCK;

	return i == g->self ||
	       (lock(g, F_OFD_GETLK, F_WRLCK, ALIVE + i, &found) && found != F_UNLCK);
}

/* ---- the file's content, under the gate's lock ---- */

static int move(const struct pw_sync_group *g, off_t offset, void *data, size_t n, bool out)
{
	if (pw_io()->lseek(g->fd, offset, SEEK_SET) < 0)
		return pw_fail_system(g->path);
	if (out)
		return pw_io_write_full(g->fd, data, n) < 0 ? pw_fail_system(g->path) : 0;
	const ssize_t got = pw_io_read_full(g->fd, data, n);
	if (got >= 0) /* bytes beyond the end count as zero */
		memset((char *)data + got, 0, n - (size_t)got);
	return got < 0 ? pw_fail_system(g->path) : 0;
}

static int enter(const struct pw_sync_group *g, struct content *c)
{
	if (!lock(g, F_OFD_SETLKW, F_WRLCK, GATE, NULL))
		return pw_fail_system(g->path);
	return move(g, 0, c, sizeof *c, false);
}

static void go_out(const struct pw_sync_group *g)
{
	lock(g, F_OFD_SETLK, F_UNLCK, GATE, NULL);
}

static int put_header(const struct pw_sync_group *g, struct content *c)
{
	return move(g, 0, &c->header, sizeof c->header, true);
}

static int put_slot(const struct pw_sync_group *g, struct content *c, int i)
{
	const off_t at = (off_t)((char *)&c->slots[i] - (char *)c);

	return move(g, at, &c->slots[i], sizeof c->slots[i], true);
}

/* Counts the members that are alive, or have ended in order. */
static uint32_t count_present(const struct pw_sync_group *g, const struct content *c)
{
	uint32_t present = 0;

	for (int i = 0; i < PW_SYNC_MEMBERS_MAX; i++)
		present +=
			c->slots[i].state == ENDED || (c->slots[i].state == HERE && is_alive(g, i));
	return present;
}

/* ---- joining ---- */

static bool any_alive(const struct pw_sync_group *g, const struct content *c)
{
	for (int i = 0; i < PW_SYNC_MEMBERS_MAX; i++)
		if (c->slots[i].state != FREE && is_alive(g, i))
			return true;
	return false;
}

static int begin_generation(const struct pw_sync_group *g, struct content *c)
{
	const uint64_t generation = c->header.generation + 1;

	memset(c, 0, sizeof *c);
	memcpy(c->header.magic, magic, sizeof magic);
	c->header.generation = generation;
	c->header.terms.members = g->terms.members;
	c->header.terms.kind = g->terms.kind;
	c->header.terms.run = g->terms.run;
	c->header.terms.difference = g->terms.difference;
	return move(g, 0, c, sizeof *c, true);
}

static int check_terms(const struct pw_sync_group *g, const struct pw_sync_terms *theirs)
{
	const struct pw_sync_terms *ours = &g->terms;

	if (ours->members != theirs->members)
		return pw_fail(PW_USAGE, "%" PRIu32 " members, but another member says %" PRIu32,
			       ours->members, theirs->members);
	if (ours->kind != theirs->kind)
		return pw_fail(PW_USAGE, "the column is of another type than another member's");
	if (ours->difference != theirs->difference)
		return pw_fail(PW_USAGE, "the difference is another one than another member says");
	return 0;
}

/* The first place that nobody has, or whose holder has died; -1: there is none. */
static int choose(const struct pw_sync_group *g, const struct content *c)
{
	for (int i = 0; i < PW_SYNC_MEMBERS_MAX; i++)
		if (c->slots[i].state == FREE || (c->slots[i].state == HERE && !is_alive(g, i)))
			return i;
	return -1;
}

static int take_place(struct pw_sync_group *g, struct content *c)
{
	if (memcmp(c->header.magic, magic, sizeof magic) != 0 || !any_alive(g, c)) {
		if (begin_generation(g, c) < 0)
			return -1;
	} else if (c->header.terms.run != g->terms.run) {
		return 1;
	} else if (check_terms(g, &c->header.terms) < 0) {
		return -1;
	}
	const int i = choose(g, c);
	if (i < 0 || count_present(g, c) >= g->terms.members)
		return 1;
	if (!lock(g, F_OFD_SETLK, F_WRLCK, ALIVE + i, NULL))
		return pw_fail_system(g->path);
	g->self = i;
	memset(&c->slots[i], 0, sizeof c->slots[i]);
	c->slots[i].state = HERE;
	c->slots[i].pid = getpid();
	c->slots[i].priority = g->priority;
	c->slots[i].idle = g->idle;
	c->slots[i].place.silent = g->place.silent;
	return put_slot(g, c, i);
}

/* The directory must be ours alone: others must not be able to put files in our way. */
static int own_directory(const char *path)
{
	struct stat st;

	if (pw_io()->mkdir(path, 0700) < 0 && errno != EEXIST)
		return pw_fail_system(path);
	if (pw_io()->lstat(path, &st) < 0)
		return pw_fail_system(path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return pw_fail(PW_SYSTEM, "%s: is not a directory of yours with mode 0700", path);
	return 0;
}

static char *directory_of(const char *state)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (state != NULL)
		return pw_mem_print("%s/sync", state);
	if (runtime != NULL && *runtime == '/')
		return pw_mem_print("%s/pw", runtime);
	return pw_mem_print("/tmp/pw-%lu", (unsigned long)geteuid());
}

static int open_file(struct pw_sync_group *g, const char *state)
{
	char *directory = directory_of(state);
	int rc = own_directory(directory);

	g->path = pw_mem_print("%s/%s", directory, g->name);
	free(directory);
	if (rc == 0) {
		g->fd = pw_io()->open(g->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (g->fd < 0)
			rc = pw_fail_system(g->path);
	}
	return rc;
}

static void open_watch(struct pw_sync_group *g)
{
	g->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (g->watch >= 0 && inotify_add_watch(g->watch, g->path, IN_MODIFY | IN_CLOSE_WRITE) < 0) {
		pw_io()->close(g->watch);
		g->watch = -1;
	}
}

int pw_sync_group_join(struct pw_sync_group *g, const char *directory)
{
	struct content c;

	if (g->path == NULL) {
		g->fd = g->watch = g->self = -1;
		if (open_file(g, directory) < 0)
			return failed(g);
		open_watch(g);
	}
	if (enter(g, &c) < 0)
		return failed(g);
	const int rc = take_place(g, &c);
	go_out(g);
	return rc < 0 ? failed(g) : rc;
}

/* ---- asking ---- */

static bool is_silent(const struct slot *s, int64_t now, int64_t *deadline)
{
	if (s->idle == 0 || s->place.silent == 0)
		return false;
	const int64_t until =
		s->place.silent > INT64_MAX - s->idle ? INT64_MAX : s->place.silent + s->idle;
	if (now < until && until < *deadline)
		*deadline = until;
	return now >= until;
}

/* A member that has left without an end: it is waited for a while. */
static bool is_leaving(const struct slot *s, int64_t now, int64_t *deadline)
{
	const int64_t until = s->left + LEAVING_NS;

	if (now < until && until < *deadline)
		*deadline = until;
	return now < until;
}

/* Notes which members have left without an end since the last look. */
static int note_left(const struct pw_sync_group *g, struct content *c)
{
	for (int i = 0; i < PW_SYNC_MEMBERS_MAX; i++) {
		struct slot *s = &c->slots[i];
		if (s->state != HERE || s->left != 0 || is_alive(g, i))
			continue;
		s->left = pw_clock_boot();
		if (put_slot(g, c, i) < 0)
			return -1;
	}
	return 0;
}

/* The members as the rule knows them. */
struct view {
	struct pw_sync_rule_member members[PW_SYNC_MEMBERS_MAX];
	bool loading[PW_SYNC_MEMBERS_MAX]; /* it is alive, and its first load is not over */
	size_t count, self;
	uint32_t shown; /* members that have shown all they can */
};

static void look_at(const struct pw_sync_group *g, const struct slot *s, int i, struct view *v,
		    struct pw_sync_answer *answer)
{
	const int64_t now = pw_clock_boot();
	const bool left = s->state == HERE && s->left != 0;
	const bool leaving = left && is_leaving(s, now, &answer->deadline);
	const bool idle = s->state == HERE && i != g->self && is_silent(s, now, &answer->deadline);
	const bool then = g->live && !g->over && s->over && i != g->self;
	const struct pw_sync_place *p = then ? &s->load : &s->place;

	answer->present += !left;
	v->shown += !left && (s->state == ENDED || idle || s->place.has_last || s->place.has_next);
	if (i == g->self)
		v->self = v->count;
	else if (p->time > answer->time)
		answer->time = p->time;
	v->loading[v->count] = s->state == HERE && !left && !idle && !s->over;
	v->members[v->count++] = (struct pw_sync_rule_member){
		.active = s->state == HERE && (!left || leaving) && !idle,
		.has_last = p->has_last,
		.has_next = p->has_next,
		.priority = s->priority,
		.last = p->last,
		.next = p->next,
	};
}

static void look_at_all(const struct pw_sync_group *g, const struct content *c, struct view *v,
			struct pw_sync_answer *answer)
{
	v->count = v->self = v->shown = 0;
	*answer = (struct pw_sync_answer){.deadline = INT64_MAX};
	for (int i = 0; i < PW_SYNC_MEMBERS_MAX; i++)
		if (c->slots[i].state != FREE)
			look_at(g, &c->slots[i], i, v, answer);
}

/* May a member that is not over its first load send more? One that has shown no next value is about to. */
static bool moves(const struct pw_sync_group *g, const struct view *v, size_t i)
{
	const struct pw_sync_rule_member *m = &v->members[i];
	long double bound;

	return !m->has_next ||
	       (pw_sync_rule_bound(v->members, v->count, i, g->terms.difference, &bound) &&
		m->next <= bound);
}

static bool is_still(const struct pw_sync_group *g, const struct view *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (i != v->self && v->loading[i] && moves(g, v, i))
			return false;
	return true;
}

static bool same_place(const struct pw_sync_place *a, const struct pw_sync_place *b)
{
	return a->has_last == b->has_last && a->has_next == b->has_next && a->silent == b->silent &&
	       a->time == b->time && (!a->has_last || a->last == b->last) &&
	       (!a->has_next || a->next == b->next);
}

static int say(struct pw_sync_group *g, struct content *c, uint32_t state)
{
	struct slot *s = &c->slots[g->self];

	if (s->state == state && same_place(&s->place, &g->place) && (s->over != 0) == g->over)
		return 0;
	s->state = state;
	s->over = g->over;
	s->place = g->place;
	s->load = g->load;
	return put_slot(g, c, g->self);
}

static int answer_of(struct pw_sync_group *g, struct content *c, struct pw_sync_answer *answer)
{
	struct view v;

	look_at_all(g, c, &v, answer);
	answer->complete = c->header.complete != 0 || v.shown >= g->terms.members;
	answer->may =
		answer->complete && v.members[v.self].active &&
		pw_sync_rule_bound(v.members, v.count, v.self, g->terms.difference, &answer->bound);
	answer->still = answer->present >= g->terms.members && is_still(g, &v);
	if (!answer->complete || c->header.complete)
		return 0;
	c->header.complete = 1;
	return put_header(g, c);
}

static int exchange(struct pw_sync_group *g, uint32_t state, struct pw_sync_answer *answer)
{
	struct content c;
	int rc = -1;

	if (enter(g, &c) < 0)
		return failed(g);
	if (note_left(g, &c) == 0 && say(g, &c, state) == 0)
		rc = answer_of(g, &c, answer);
	go_out(g);
	return rc < 0 ? failed(g) : 0;
}

int pw_sync_group_ask(struct pw_sync_group *g, struct pw_sync_answer *answer)
{
	return exchange(g, HERE, answer);
}

int pw_sync_group_end(struct pw_sync_group *g, struct pw_sync_answer *answer)
{
	g->place.has_next = false;
	g->place.silent = 0;
	return exchange(g, ENDED, answer);
}

void pw_sync_group_drain(const struct pw_sync_group *g)
{
	char events[4096];

	while (g->watch >= 0 && pw_io()->read(g->watch, events, sizeof events) > 0)
		;
}

void pw_sync_group_leave(struct pw_sync_group *g)
{
	if (g->path == NULL)
		return;
	if (g->fd >= 0)
		pw_io()->close(g->fd); /* this frees the locks, too */
	if (g->watch >= 0)
		pw_io()->close(g->watch);
	free(g->path);
	g->path = NULL;
}
