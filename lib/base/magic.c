#include "magic.h"
#include "utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { SUFFIXES = 4, TAR_AT = 257 };

/* Where in a file the bytes stand, and what they say. Of several that fit the first one counts. */
static const struct kind {
	struct pw_magic magic;
	size_t at, length;
	const char *bytes;
	const char *suffixes[SUFFIXES];
} kinds[] = {
	{{"bzip2", "bzcat FILE", "bzcat", NULL, false}, 0, 3, "BZh", {".bz2", ".bz"}},
	{{"xz", "xzcat FILE", "xzcat", NULL, false},
	 0,
	 6,
	 "\xfd"
	 "7zXZ\0",
	 {".xz"}},
	{{"lzip", "lzip -dc FILE", "lzip -dc", NULL, false}, 0, 5, "LZIP\1", {".lz"}},
	{{"lz4", "lz4 -dc FILE", "lz4 -dc", NULL, false}, 0, 4, "\x04\x22\x4d\x18", {".lz4"}},
	{{"compress", "zcat FILE", "zcat", NULL, false}, 0, 2, "\x1f\x9d", {NULL}},
	{{"7z", "7z x -so FILE", NULL, NULL, false}, 0, 6, "7z\xbc\xaf\x27\x1c", {".7z"}},
	{{"a spreadsheet (xlsx)", "in2csv -f xlsx FILE", "in2csv -f xlsx", "csv", false},
	 0,
	 4,
	 "PK\3\4",
	 {".xlsx", ".xlsm"}},
	{{"zip", "unzip -p FILE", "funzip", NULL, false}, 0, 4, "PK\3\4", {".zip"}},
	{{"a spreadsheet (xls)", "in2csv -f xls FILE", "in2csv -f xls", "csv", false},
	 0,
	 8,
	 "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
	 {".xls"}},
	{{"a spreadsheet (ods)", "ssconvert FILE fd://1", NULL, "csv", false},
	 0,
	 4,
	 "PK\3\4",
	 {".ods"}},
	{{"Parquet", "duckdb -csv -c \"FROM read_parquet('FILE')\"", NULL, "csv", false},
	 0,
	 4,
	 "PAR1",
	 {".parquet", ".parq"}},
	{{"Avro", "avro-tools tojson FILE", "avro-tools tojson -", "jsonl", false},
	 0,
	 4,
	 "Obj\1",
	 {".avro"}},
	{{"ORC", "orc-contents FILE", NULL, "jsonl", false}, 0, 3, "ORC", {".orc"}},
	{{"Arrow", NULL, NULL, NULL, false}, 0, 8, "ARROW1\0\0", {".feather", ".arrow"}},
	{{"HDF5", NULL, NULL, NULL, false}, 0, 8, "\x89HDF\r\n\x1a\n", {".h5", ".hdf5"}},
	{{"an SQLite database", "sqlite3 -csv -header FILE 'SELECT * FROM TABLE'", NULL, "csv",
	  false},
	 0,
	 16,
	 "SQLite format 3\0",
	 {".sqlite", ".sqlite3"}},
	{{"a DuckDB database", "duckdb -csv FILE 'FROM TABLE'", NULL, "csv", false},
	 8,
	 4,
	 "DUCK",
	 {".duckdb"}},
	{{"PDF", "pdftotext -layout FILE -", "pdftotext -layout - -", "lines", false},
	 0,
	 5,
	 "%PDF-",
	 {".pdf"}},
	{{"tar", "tar -xOf FILE", "tar -xO", NULL, false}, TAR_AT, 5, "ustar", {".tar"}},
	{{"a saved stream", "cat FILE", "", "pws", false}, 0, 6, "pws 1 ", {".pws"}},
	{{"UTF-32", "iconv -f UTF-32 -t UTF-8 FILE", "iconv -f UTF-32 -t UTF-8", NULL, false},
	 0,
	 4,
	 "\xff\xfe\0\0",
	 {NULL}},
	{{"UTF-32", "iconv -f UTF-32 -t UTF-8 FILE", "iconv -f UTF-32 -t UTF-8", NULL, false},
	 0,
	 4,
	 "\0\0\xfe\xff",
	 {NULL}},
	{{"UTF-16", "iconv -f UTF-16 -t UTF-8 FILE", "iconv -f UTF-16 -t UTF-8", NULL, false},
	 0,
	 2,
	 "\xff\xfe",
	 {NULL}},
	{{"UTF-16", "iconv -f UTF-16 -t UTF-8 FILE", "iconv -f UTF-16 -t UTF-8", NULL, false},
	 0,
	 2,
	 "\xfe\xff",
	 {NULL}},
	{{"gzip", "zcat <FILE", "zcat", NULL, false}, 0, 3, "\x1f\x8b\x08", {NULL}},
	{{"zstd", "zstd -dc <FILE", "zstd -dc", NULL, false}, 0, 4, "\x28\xb5\x2f\xfd", {NULL}},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Suffixes that are short for two, or say more than one thing. */
static const struct double_suffix {
	const char *suffix;
	struct pw_magic magic;
} doubles[] = {
	{".tar.gz", {"tar, compressed with gzip", "tar -xOzf FILE", "tar -xOz", NULL, false}},
	{".tgz", {"tar, compressed with gzip", "tar -xOzf FILE", "tar -xOz", NULL, false}},
	{".tar.zst", {"tar, compressed with zstd", "zstd -dc FILE | tar -xO", NULL, NULL, false}},
	{".tar.bz2", {"tar, compressed with bzip2", "tar -xOjf FILE", "tar -xOj", NULL, false}},
	{".tbz2", {"tar, compressed with bzip2", "tar -xOjf FILE", "tar -xOj", NULL, false}},
	{".tar.xz", {"tar, compressed with xz", "tar -xOJf FILE", "tar -xOJ", NULL, false}},
	{".txz", {"tar, compressed with xz", "tar -xOJf FILE", "tar -xOJ", NULL, false}},
	{".pws.gz", {"a saved stream, compressed with gzip", "zcat FILE", NULL, "pws", false}},
	{".pws.zst", {"a saved stream, compressed with zstd", "zstd -dc FILE", NULL, "pws", false}},
};

/* Texts in UTF-16 and UTF-32 without a mark at their beginning: every letter is an ASCII one. */
static const struct pw_magic wide[] = {
	{"UTF-16 (little-endian)", "iconv -f UTF-16LE -t UTF-8 FILE", "iconv -f UTF-16LE -t UTF-8",
	 NULL, false},
	{"UTF-16 (big-endian)", "iconv -f UTF-16BE -t UTF-8 FILE", "iconv -f UTF-16BE -t UTF-8",
	 NULL, false},
	{"UTF-32 (little-endian)", "iconv -f UTF-32LE -t UTF-8 FILE", "iconv -f UTF-32LE -t UTF-8",
	 NULL, false},
	{"UTF-32 (big-endian)", "iconv -f UTF-32BE -t UTF-8 FILE", "iconv -f UTF-32BE -t UTF-8",
	 NULL, false},
};

static const struct pw_magic html = {"HTML", NULL, NULL, NULL, true};
static const struct pw_magic xml = {"XML", NULL, NULL, NULL, true};
static const struct pw_magic array = {"one JSON array", "jq -c '.[]' FILE", "jq -c '.[]'", "jsonl",
				      true};
static const struct pw_magic spread = {"JSON over several lines", "jq -c . FILE", "jq -c .",
				       "jsonl", true};
static const struct pw_magic commas = {"JSON objects with commas between",
				       "sed 's/,[[:space:]]*$//' FILE", "sed 's/,[[:space:]]*$//'",
				       "jsonl", true};
static const struct pw_magic old_lines = {"lines that end in CR alone", "tr '\\r' '\\n' <FILE",
					  "tr '\\r' '\\n'", NULL, true};
static const struct pw_magic objects = {"JSON", "cat FILE", "", "jsonl", true};

/* ---- bytes ---- */

static bool has(const char *data, size_t n, const char *text)
{
	const size_t m = strlen(text);

	return n >= m && strncasecmp(data, text, m) == 0;
}

static bool holds(const char *data, size_t n, const char *text)
{
	return memmem(data, n, text, strlen(text)) != NULL;
}

/* Do bytes stand there that no text has? */
static bool is_binary(const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)data[i] < ' ' && !isspace((unsigned char)data[i]))
			return true;
	return n - pw_utf8_valid_prefix(data, n) > 3;
}

/* A zip file is told by its first member what it is. */
static bool fits_zip(const struct kind *k, const char *data, size_t n)
{
	if (strcmp(k->suffixes[0], ".zip") == 0)
		return true;
	if (strcmp(k->suffixes[0], ".ods") == 0)
		return holds(data, n, "opendocument.spreadsheet");
	const bool office = holds(data, n, "[Content_Types].xml") || holds(data, n, "docProps/");
	return holds(data, n, "xl/") ||
	       (office && !holds(data, n, "word/") && !holds(data, n, "ppt/"));
}

static const struct pw_magic *of_bytes(const char *data, size_t n)
{
	const struct pw_magic *zip = NULL;

	for (size_t i = 0; i < KINDS; i++) {
		const struct kind *k = &kinds[i];
		if (n < k->at + k->length || memcmp(data + k->at, k->bytes, k->length) != 0)
			continue;
		if (memcmp(k->bytes, "PK", 2) != 0)
			return &k->magic;
		if (fits_zip(k, data, n) && (zip == NULL || strcmp(zip->name, "zip") == 0))
			zip = &k->magic;
	}
	return zip;
}

/* Are all bytes NUL but for the one at `place` in each group of `size`? */
static bool is_wide(const char *data, size_t n, size_t size, size_t place)
{
	for (size_t i = 0; i < n; i++)
		if ((data[i] != 0) != (i % size == place))
			return false;
	return n >= 2 * size;
}

static const struct pw_magic *of_wide(const char *data, size_t n)
{
	n = n < PW_MAGIC_BYTES ? n : PW_MAGIC_BYTES;
	return is_wide(data, n - n % 2, 2, 0)   ? &wide[0]
	       : is_wide(data, n - n % 2, 2, 1) ? &wide[1]
	       : is_wide(data, n - n % 4, 4, 0) ? &wide[2]
	       : is_wide(data, n - n % 4, 4, 3) ? &wide[3]
						: NULL;
}

/* ---- texts ---- */

static size_t blanks(const char *data, size_t n)
{
	size_t i = 0;

	while (i < n && isspace((unsigned char)data[i]))
		i++;
	return i;
}

static const struct pw_magic *of_markup(const char *data, size_t n)
{
	if (has(data, n, "<!DOCTYPE html") || has(data, n, "<html") || has(data, n, "<head") ||
	    has(data, n, "<body"))
		return &html;
	return has(data, n, "<?xml") ? &xml : NULL;
}

/* JSON that is no object per line; an object per line is JSON for who wants something else. */
static const struct pw_magic *of_json(const char *data, size_t n)
{
	const char *lf = memchr(data, '\n', n);
	const size_t line = lf != NULL ? (size_t)(lf - data) : n;
	size_t end = line;

	if (data[0] == '[') {
		const size_t i = 1 + blanks(data + 1, n - 1);
		return i < n && data[i] == '{' ? &array : NULL;
	}
	while (end > 1 && isspace((unsigned char)data[end - 1]))
		end--;
	if (lf != NULL && end == 1)
		return &spread;
	const size_t i = 1 + blanks(data + 1, line - 1);
	if (i >= line || data[i] != '"')
		return NULL;
	return lf != NULL && end > 2 && data[end - 1] == ',' && data[end - 2] == '}' ? &commas
										     : &objects;
}

/* A CR that is no part of CRLF, outside quotes, before any LF. */
static const struct pw_magic *of_lines(const char *data, size_t n)
{
	const char *cr = memchr(data, '\r', n);
	const size_t before = cr != NULL ? (size_t)(cr - data) : 0;

	if (cr == NULL || before + 1 == n || memchr(data, '\n', n) != NULL ||
	    memchr(data, '"', before) != NULL)
		return NULL;
	return &old_lines;
}

static const struct pw_magic *of_text(const char *data, size_t n)
{
	const size_t i = has(data, n, "\xef\xbb\xbf") ? 3 : 0;
	const size_t from = i + blanks(data + i, n - i);

	const struct pw_magic *m = NULL;

	if (from == n)
		return NULL;
	if (data[from] == '<')
		m = of_markup(data + from, n - from);
	else if (data[from] == '{' || data[from] == '[')
		m = of_json(data + from, n - from);
	return m != NULL ? m : of_lines(data, n);
}

const struct pw_magic *pw_magic_of(const char *data, size_t n)
{
	if (n == 0)
		return NULL;
	const bool binary = is_binary(data, n < PW_MAGIC_BYTES ? n : PW_MAGIC_BYTES);
	const struct pw_magic *m = binary || has(data, n, "%PDF-") ? of_bytes(data, n) : NULL;
	if (m == NULL && binary)
		m = of_wide(data, n);
	return m != NULL ? m : of_text(data, n);
}

/* ---- names ---- */

/* The suffix's length, dot included, if a name of n bytes is longer and ends in it; 0 */
static size_t ends_in(const char *path, size_t n, const char *suffix)
{
	const size_t m = strlen(suffix);

	return n > m && path[n - m] == '.' && strcasecmp(path + n - m, suffix) == 0 ? m : 0;
}

static const struct pw_magic *of_path(const char *path, size_t *length)
{
	const size_t n = strlen(path);

	for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
		if ((*length = ends_in(path, n, doubles[i].suffix)) > 0)
			return &doubles[i].magic;
	for (size_t i = 0; i < KINDS; i++)
		for (size_t s = 0; s < SUFFIXES && kinds[i].suffixes[s] != NULL; s++)
			if ((*length = ends_in(path, n, kinds[i].suffixes[s])) > 0)
				return &kinds[i].magic;
	return NULL;
}

const struct pw_magic *pw_magic_of_path(const char *path)
{
	size_t length;

	return of_path(path, &length);
}

bool pw_magic_is_nested(const struct pw_magic *m)
{
	for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++)
		if (m == &doubles[i].magic)
			return true;
	return false;
}

size_t pw_magic_stem(const char *path)
{
	size_t length;

	return strlen(path) - (of_path(path, &length) != NULL ? length : 0);
}

/* ---- advice ---- */

void pw_magic_add_word(struct pw_bytes *b, const char *path)
{
	const bool option = path[0] == '-';
	bool plain = *path != '\0';

	for (const char *p = path; *p != '\0'; p++)
		plain &= (unsigned char)*p >= 0x80 || isalnum((unsigned char)*p) ||
			 strchr("_-./+,:@%=", *p) != NULL;
	if (!plain)
		pw_bytes_put(b, '\'');
	if (option)
		pw_bytes_text(b, "./");
	for (const char *p = path; *p != '\0'; p++)
		if (*p == '\'')
			pw_bytes_text(b, "'\\''");
		else
			pw_bytes_put(b, *p);
	if (!plain)
		pw_bytes_put(b, '\'');
}

static void add_command(struct pw_bytes *b, const char *command, const char *file)
{
	const char *at = strstr(command, "FILE");
	/* within quotes, as SQL has them, the name stands as it is */
	const bool quoted = at != NULL && at > command && at[-1] == '\'';

	if (at == NULL) {
		pw_bytes_text(b, command);
		return;
	}
	pw_bytes_add(b, command, (size_t)(at - command));
	if (quoted)
		pw_bytes_text(b, file);
	else
		pw_magic_add_word(b, file);
	pw_bytes_text(b, at + strlen("FILE"));
}

/* The command for what is in a file that is compressed. */
static void add_unpacking(struct pw_bytes *b, const struct pw_magic *m, const char *file,
			  enum pw_packing packing)
{
	char *stem = pw_mem_print("%.*s", (int)pw_packing_stem(file), file);

	pw_bytes_text(b, packing == PW_GZIP ? "zcat " : "zstd -dc ");
	pw_magic_add_word(b, file);
	if (m->piped != NULL) {
		pw_bytes_print(b, " | %s", m->piped);
	} else { /* it needs a file */
		pw_bytes_text(b, " >");
		pw_magic_add_word(b, stem);
		pw_bytes_text(b, " && ");
		add_command(b, m->command, stem);
	}
	free(stem);
}

void pw_magic_advice(const struct pw_magic *m, const char *file, enum pw_packing packing,
		     const char *format, struct pw_bytes *b)
{
	const char *command = m->command;

	if (command == NULL)
		return;
	if (m->format != NULL)
		format = m->format;
	if (strcmp(command, "cat FILE") == 0) {
		pw_bytes_print(b, "pw-read -f %s ", format);
		if (file != NULL)
			pw_magic_add_word(b, file);
		else
			pw_bytes_put(b, '-');
		return;
	}
	if (file == NULL && m->piped != NULL)
		pw_bytes_print(b, "... | %s", m->piped);
	else if (file != NULL && packing != PW_UNPACKED)
		add_unpacking(b, m, file, packing);
	else
		add_command(b, command, file != NULL ? file : "FILE");
	pw_bytes_print(b, " | pw-read -f %s -", format);
}
