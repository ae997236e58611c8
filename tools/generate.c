/*
 * generate - data for benchmarks, the same on every machine
 *
 *   generate words ROWS      JSON lines {"word":"..."}: 5,000 words of 7 letters, evenly
 *   generate stations ROWS   station;temperature: 413 names of 3 to 26 bytes, one decimal
 *   generate h2o ROWS        CSV of the database-like ops benchmark's group-by, K = 100
 *   generate join-x ROWS     CSV of that benchmark's join: the left table, of ROWS rows,
 *   generate join-small ROWS     and what it is joined with: a row per 1 M rows of it,
 *   generate join-medium ROWS    a row per 1,000,
 *   generate join-big ROWS       as many; nine of ten keys are on both sides
 *   generate ticks ROWS      CSV of t,k,v: a row in 0.1 s of event time on average, in the order of
 *                            t, no two at one time; 1,000 keys, v 0 to 999
 *   generate trades ROWS     the same, a row in 0.5 s; columns t,k,price
 *   generate visits ROWS     the same, a row in 0.1 s, of 20,000 keys, each busy now and then
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS    5000
#define STATIONS 413
#define H2O_K    100

static uint64_t state = 20010101;

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Evenly in 0 .. n - 1; n is small, so that the high half of a product will do. */
static unsigned below(unsigned n)
{
	return (unsigned)(((draw() >> 32) * n) >> 32);
}

static void words(uint64_t rows)
{
	static char lines[WORDS][24];
	for (unsigned i = 0; i < WORDS; i++) {
		/* The first three letters number the words, so that they differ. */
		char word[8] = {(char)('a' + i / 676 % 26), (char)('a' + i / 26 % 26),
				(char)('a' + i % 26)};
		for (int j = 3; j < 7; j++)
			word[j] = (char)('a' + below(26));
		snprintf(lines[i], sizeof(lines[i]), "{\"word\":\"%s\"}\n", word);
	}
	for (uint64_t i = 0; i < rows; i++)
		fwrite_unlocked(lines[below(WORDS)], 1, 19, stdout);
}

static size_t tenths(char *to, int value)
{
	return (size_t)sprintf(to, "%s%d.%d\n", value < 0 ? "-" : "", abs(value) / 10,
			       abs(value) % 10);
}

/* The sum of twelve even draws is near enough to a normal one. */
static int normal(int mean, int deviation)
{
	int sum = 0;
	for (int i = 0; i < 12; i++)
		sum += (int)below(1000);
	return mean + (sum - 5994) * deviation / 1000;
}

static void stations(uint64_t rows)
{
	static const char *const parts[] = {"ka", "lo", "mir", "san", "ta", "vel", "burg", "port",
					    "os", "ne", "ün",  "dor", "ra", "qui", "hem",  "sté"};
	static char names[STATIONS][40];
	static int means[STATIONS];
	char line[64];
	for (unsigned i = 0; i < STATIONS; i++) {
		char *name = names[i];
		for (unsigned n = 1 + below(5); n > 0; n--)
			strcat(name, parts[below(16)]);
		if (below(5) == 0)
			strcat(name, " City");
		/* Two letters number the stations, so that they differ. */
		size_t length = strlen(name);
		name[length] = (char)('a' + i / 26);
		name[length + 1] = (char)('a' + i % 26);
		if (name[0] >= 'a' && name[0] <= 'z')
			name[0] = (char)(name[0] - 'a' + 'A');
		strcat(name, ";");
		means[i] = (int)below(450) - 100;
	}
	for (uint64_t i = 0; i < rows; i++) {
		unsigned s = below(STATIONS);
		size_t length = strlen(names[s]);
		memcpy(line, names[s], length);
		length += tenths(line + length, normal(means[s], 100));
		fwrite_unlocked(line, 1, length, stdout);
	}
}

static void h2o(uint64_t rows)
{
	unsigned many = (unsigned)(rows / H2O_K > 0 ? rows / H2O_K : 1);
	puts("id1,id2,id3,id4,id5,id6,v1,v2,v3");
	for (uint64_t i = 0; i < rows; i++) {
		unsigned id1 = 1 + below(H2O_K), id2 = 1 + below(H2O_K), id3 = 1 + below(many);
		unsigned id4 = 1 + below(H2O_K), id5 = 1 + below(H2O_K), id6 = 1 + below(many);
		unsigned v1 = 1 + below(5), v2 = 1 + below(15), v3 = below(100000000);
		printf("id%03u,id%03u,id%010u,%u,%u,%u,%u,%u,%u.%06u\n", id1, id2, id3, id4, id5,
		       id6, v1, v2, v3 / 1000000, v3 % 1000000);
	}
}

/* The numbers 1 .. n in some order. */
static uint32_t *shuffled(uint64_t n)
{
	uint32_t *x = malloc(n * sizeof *x);

	if (x == NULL)
		exit(5);
	for (uint64_t i = 0; i < n; i++) {
		const uint64_t j = i == 0 ? 0 : below((unsigned)i + 1);
		x[i] = x[j];
		x[j] = (uint32_t)i + 1;
	}
	return x;
}

/* ",12.345671": at least 10, no 0 at the end: so every program writes it as it is. */
static void put_value(char *to)
{
	const unsigned v = (1000000 + below(9000000)) * 10 + 1 + below(9);

	sprintf(to, ",%u.%06u\n", v / 1000000, v % 1000000);
}

static void join_x(uint64_t rows)
{
	const unsigned small = rows / 1000000 > 0 ? (unsigned)(rows / 1000000) : 1;
	const unsigned medium = rows / 1000 > 0 ? (unsigned)(rows / 1000) : 1;
	uint32_t *id3 = shuffled(rows);
	char value[32];

	puts("id1,id2,id3,id4,id5,id6,v1");
	for (uint64_t i = 0; i < rows; i++) {
		const unsigned id1 = 1 + below(small), id2 = 1 + below(medium);
		put_value(value);
		printf("%u,%u,%u,id%u,id%u,id%u%s", id1, id2, id3[i], id1, id2, id3[i], value);
	}
	free(id3);
}

/* The keys of a table of so many rows begin behind the first tenth of the left ones. */
static void join_right(const char *which, uint64_t rows)
{
	const unsigned level = strcmp(which, "small") == 0    ? 1
			       : strcmp(which, "medium") == 0 ? 2
							      : 3;
	const uint64_t per = level == 1 ? 1000000 : level == 2 ? 1000 : 1;
	const uint64_t n = rows / per > 0 ? rows / per : 1;
	uint32_t *keys = shuffled(n);
	char value[32];

	puts(level == 1   ? "id1,id4,v2"
	     : level == 2 ? "id1,id2,id4,id5,v2"
			  : "id1,id2,id3,id4,id5,id6,v2");
	for (uint64_t i = 0; i < n; i++) {
		const uint64_t key = keys[i] + n / 10;
		const unsigned id1 = 1 + (unsigned)(key / 1000000),
			       id2 = 1 + (unsigned)(key / 1000);
		put_value(value);
		if (level == 1)
			printf("%u,id%u%s", (unsigned)key, (unsigned)key, value);
		else if (level == 2)
			printf("%u,%u,id%u,id%u%s", id1, (unsigned)key, id1, (unsigned)key, value);
		else
			printf("%u,%u,%u,id%u,id%u,id%u%s", id1, id2, (unsigned)key, id1, id2,
			       (unsigned)key, value);
	}
	free(keys);
}

/* ---- event times ---- */

/* Appends milliseconds of a year as 2026-01-02T03:04:05.678. */
static char *put_time(char *to, uint64_t ms)
{
	static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned day = (unsigned)(ms / 86400000), month = 0, year = 2026;
	const unsigned rest = (unsigned)(ms % 86400000);

	while (day >= 365) {
		day -= 365;
		year++;
	}
	while (day >= lengths[month])
		day -= lengths[month++];
	return to + sprintf(to, "%u-%02u-%02uT%02u:%02u:%02u.%03u", year, month + 1, day + 1,
			    rest / 3600000, rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
}

static void ticks(uint64_t rows, unsigned gap, const char *value)
{
	uint64_t ms = 0;
	char line[64];

	printf("t,k,%s\n", value);
	for (uint64_t i = 0; i < rows; i++) {
		char *to = put_time(line, ms += 1 + below(2 * gap));
		to += sprintf(to, ",S%03u,%u\n", below(1000), below(1000));
		fwrite_unlocked(line, 1, (size_t)(to - line), stdout);
	}
}

/* At any time 200 of the keys are busy; one of them is exchanged now and then. */
static void visits(uint64_t rows)
{
	unsigned busy[200];
	uint64_t ms = 0;
	char line[64];

	for (unsigned i = 0; i < 200; i++)
		busy[i] = below(20000);
	puts("t,k,v");
	for (uint64_t i = 0; i < rows; i++) {
		const unsigned b = below(200);
		char *to = put_time(line, ms += 1 + below(200));
		to += sprintf(to, ",U%05u,%u\n", busy[b], below(1000));
		fwrite_unlocked(line, 1, (size_t)(to - line), stdout);
		if (below(20) == 0)
			busy[b] = below(20000);
	}
}

int main(int argc, char **argv)
{
	uint64_t rows = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
	const char *what = argc == 3 ? argv[1] : "";
	static char buffer[1 << 18];
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (strcmp(what, "words") == 0)
		words(rows);
	else if (strcmp(what, "stations") == 0)
		stations(rows);
	else if (strcmp(what, "h2o") == 0)
		h2o(rows);
	else if (strcmp(what, "join-x") == 0)
		join_x(rows);
	else if (strncmp(what, "join-", 5) == 0)
		join_right(what + 5, rows);
	else if (strcmp(what, "ticks") == 0)
		ticks(rows, 100, "v");
	else if (strcmp(what, "trades") == 0)
		ticks(rows, 500, "price");
	else if (strcmp(what, "visits") == 0)
		visits(rows);
	else {
		fprintf(stderr, "usage: generate "
				"words|stations|h2o|join-x|join-small|join-medium|join-big|"
				"ticks|trades|visits ROWS\n");
		return 2;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("generate: write");
		return 5;
	}
	return 0;
}
