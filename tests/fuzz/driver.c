/*
 * driver - runs a fuzz target without a fuzzer
 *
 * Use:      NAME [FILE]...
 * Runs:     the empty input, every file of tests/fuzz/corpus/NAME (or the
 *           FILEs), then FUZZ_RUNS inputs (default 20,000, in FUZZ_SECONDS at
 *           most, default 10) that are mutations of those, drawn from FUZZ_SEED.
 * Says:     TAP. An input that breaks the target, or takes more than 10 s of
 *           processor time, is left in build/crash-NAME and named.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <sanitizer/common_interface_defs.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

#define INPUT_MAX (1 << 20)
#define SEEDS_MAX 4096

struct input {
	uint8_t *data;
	size_t size;
};

static const char *name;
static struct input seeds[SEEDS_MAX];
static size_t seed_count;
static struct input now; /* what the target is being given */
static uint64_t state;

const char *__asan_default_options(void)
{
	return "handle_abort=1:allocator_may_return_null=0:detect_leaks=1";
}

/* Called in the death throes: only async-signal-safe calls. */
static void keep_input(void)
{
	static char path[512], line[600];
	snprintf(path, sizeof(path), "build/crash-%s", name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || write(fd, now.data, now.size) < 0)
		snprintf(path, sizeof(path), "nowhere");
	int n = snprintf(line, sizeof(line), "# the input is in %s\n", path);
	if (write(STDOUT_FILENO, line, (size_t)n) < 0)
		_exit(1);
}

static void out_of_time(int signal_number)
{
	static const char line[] = "# one input took more than 10 s of processor time\n";
	(void)signal_number;
	if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0)
		_exit(1);
	keep_input();
	_exit(1);
}

/* Of ours, not of a machine that others use as well. */
static void limit(time_t seconds)
{
	const struct itimerval timer = {.it_value = {.tv_sec = seconds}};

	setitimer(ITIMER_PROF, &timer, NULL);
}

static void give(const uint8_t *data, size_t size)
{
	/* A copy of exactly this size, so that ASan sees a read beyond it. */
	now.data = malloc(size ? size : 1);
	now.size = size;
	if (size)
		memcpy(now.data, data, size);
	limit(10);
	LLVMFuzzerTestOneInput(now.data, size);
	limit(0);
	free(now.data);
}

static void load(const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd < 0 || seed_count == SEEDS_MAX) {
		if (fd >= 0)
			close(fd);
		return;
	}
	uint8_t *data = malloc(INPUT_MAX);
	size_t size = 0;
	ssize_t n;
	while (size < INPUT_MAX && (n = read(fd, data + size, INPUT_MAX - size)) > 0)
		size += (size_t)n;
	close(fd);
	seeds[seed_count++] = (struct input){data, size};
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void load_corpus(void)
{
	char folder[512], path[1024];
	struct dirent **entries;
	const char *top = getenv("TOP");
	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	int n = scandir(folder, &entries, visible, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		load(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t below(size_t n)
{
	return n ? (size_t)(draw() % n) : 0;
}

/* Takes size bytes away at, and puts n bytes of from there; what does not fit is left out. */
static size_t put_in(uint8_t *buffer, size_t size, size_t at, size_t away, const uint8_t *from,
		     size_t n)
{
	if (size - away + n > INPUT_MAX)
		return size;
	memmove(buffer + at + n, buffer + at + away, size - at - away);
	memcpy(buffer + at, from, n);
	return size - away + n;
}

/* One small change, of the kinds that parsers trip over. */
static size_t mutate(uint8_t *buffer, size_t size)
{
	/* clang-format off */
	static const char *const words[] = {
		"\"", "\n", "\r\n", ",", "{", "}", "[", "]", "\\", "\\u", "\xff", "\xf0\x9f",
		"-", ".", "e", "null", "NaN", "1e999", "9223372036854775808", "\xef\xbb\xbf",
		" ", ":", "'", "`",
	};
	static const uint8_t numbers[][8] = {
		{0}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0xff, 0xff, 0xff, 0x7f},
		{0, 0, 1}, {64}, {1},
	};
	/* clang-format on */
	size_t at = below(size + 1), span = below(size - at < 16 ? size - at + 1 : 17);
	uint8_t byte = (uint8_t)draw();
	const struct input *other = &seeds[below(seed_count)];
	size_t from, n;

	switch (below(8)) {
	case 0: /* a bit */
		if (size)
			buffer[below(size)] ^= (uint8_t)(1u << below(8));
		return size;
	case 1: /* a byte */
		if (size)
			buffer[below(size)] = byte;
		return size;
	case 2: /* away */
		return put_in(buffer, size, at, span, &byte, 0);
	case 3: /* a word */
		n = below(sizeof(words) / sizeof(words[0]));
		return put_in(buffer, size, at, 0, (const uint8_t *)words[n], strlen(words[n]));
	case 4: /* a number in place */
		n = (size_t)1 << below(4);
		if (at + n <= size)
			memcpy(buffer + at, numbers[below(sizeof(numbers) / 8)], n);
		return size;
	case 5: /* a piece of another input */
		from = below(other->size + 1);
		n = below(other->size - from + 1);
		return put_in(buffer, size, at, 0, other->data + from, n > 4096 ? 4096 : n);
	case 6: /* the end away */
		return below(4) ? size : at;
	default: /* a piece of itself again and again */
		for (n = below(200); n > 0 && span > 0 && size + span <= INPUT_MAX; n--) {
			uint8_t piece[16];
			memcpy(piece, buffer + at, span);
			size = put_in(buffer, size, at, 0, piece, span);
		}
		return size;
	}
}

static uint64_t setting(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);
	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static uint64_t mutations(void)
{
	static uint8_t buffer[INPUT_MAX];
	uint64_t runs = setting("FUZZ_RUNS", 20000), done;
	struct timespec from, to;
	clock_gettime(CLOCK_MONOTONIC, &from);
	int64_t seconds = (int64_t)setting("FUZZ_SECONDS", 10);
	for (done = 0; done < runs; done++) {
		clock_gettime(CLOCK_MONOTONIC, &to);
		if (to.tv_sec - from.tv_sec >= seconds)
			break;
		const struct input *seed = &seeds[below(seed_count)];
		size_t size = seed->size;
		memcpy(buffer, seed->data, size);
		for (size_t n = 1 + below(6); n > 0; n--)
			size = mutate(buffer, size);
		give(buffer, size);
	}
	return done;
}

int main(int argc, char **argv)
{
	name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	state = setting("FUZZ_SEED", 1);
	signal(SIGPROF, out_of_time);
	__sanitizer_set_death_callback(keep_input);
	setvbuf(stdout, NULL, _IONBF, 0);

	seeds[seed_count++] = (struct input){malloc(1), 0};
	if (argc > 1)
		for (int i = 1; i < argc; i++)
			load(argv[i]);
	else
		load_corpus();
	printf("1..%d\n", argc > 1 ? 1 : 2);
	for (size_t i = 0; i < seed_count; i++)
		give(seeds[i].data, seeds[i].size);
	printf("ok 1 - %zu inputs of the corpus\n", seed_count);
	if (argc == 1)
		printf("ok 2 - %llu mutations\n", (unsigned long long)mutations());
	for (size_t i = 0; i < seed_count; i++)
		free(seeds[i].data);
	return 0;
}
