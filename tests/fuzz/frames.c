/*
 * Frames from a stranger: any bytes, read as a stream through the io table.
 *
 * The first byte of the input chooses: bit 0, that lengths, order and
 * checksums are mended, so that what lies behind them is reached; bits 1 and
 * 2, how large the reads are; bit 3, salvage. A batch that is accepted must be
 * safe in all its values, and be accepted again when it is written again.
 */
#include "../unit/streams.h"

#include "../../lib/base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Makes chain, numbers and checksums right, and the padding fit, as far as frames can be told. */
static void mend(char *stream, size_t size)
{
	uint64_t before = 0, number = 0;

	if (size >= 64)
		memcpy(stream, PW_FRAME_TEXT, 64);
	for (size_t at = 64; at + 64 <= size;) {
		struct pw_frame f;
		memcpy(&f, stream + at, sizeof f);
		if (f.length > size - at - 64 || f.length % 64 != 0)
			f.length = (uint32_t)((size - at - 64) / 64 * 64);
		if (((f.stored + UINT64_C(63)) & ~UINT64_C(63)) != f.length)
			f.stored = f.length;
		if ((f.flags & PW_FRAME_COMPRESSED) == 0)
			f.plain = f.stored;
		f.previous = before;
		f.sequence = number++;
		memcpy(stream + at, &f, sizeof f);
		f.checksum = pw_hash_checksum(stream + at + 8, 56 + (size_t)f.length);
		memcpy(stream + at, &f, sizeof f);
		before = f.checksum;
		at += 64 + f.length;
	}
}

static void touch(const struct pw_column *c, uint32_t row, uint64_t *sum)
{
	struct pw_slice s;
	uint32_t from, to;

	if (pw_column_null(c, row))
		return;
	switch (pw_type_form(c->type)) {
	case PW_FORM_BYTE:
		*sum += pw_column_bool(c, row);
		break;
	case PW_FORM_WORD:
		*sum += (uint64_t)pw_column_int(c, row);
		break;
	case PW_FORM_WIDE:
		*sum += pw_column_uuid(c, row)[15];
		break;
	case PW_FORM_TEXT:
		s = pw_column_text(c, row);
		for (size_t i = 0; i < s.length; i++)
			*sum += (unsigned char)s.data[i];
		break;
	case PW_FORM_LIST:
		pw_column_list(c, row, &from, &to);
		for (uint32_t i = from; i < to && i - from < 100; i++)
			touch(c->inner, i, sum);
		break;
	}
}

/* Out and in again. */
static void round_trip(const struct pw_batch *batch)
{
	struct pw_bytes bytes = {0};
	struct pw_body body = {0};

	pw_body_encode(&bytes, batch, 0, batch->rows);
	char *copy = pw_mem_aligned(bytes.length);
	memcpy(copy, bytes.data, bytes.length);
	if (pw_body_decode(&body, batch->schema, copy, bytes.length, batch->rows) < 0)
		pw_bug("a body that was accepted is refused as it was written: %s", pw_fail_text());
	for (size_t c = 0; c < batch->schema->count; c++)
		for (uint32_t i = 0; i < batch->rows && i < 1000; i++)
			if (pw_column_null(&batch->columns[c], i) !=
			    pw_column_null(&body.batch.columns[c], i))
				pw_bug("row %u of column %zu is another", i, c);
	free(copy);
	pw_body_release(&body);
	pw_bytes_release(&bytes);
}

static void use(const struct pw_batch *batch)
{
	volatile uint64_t kept;
	uint64_t sum = 0;

	for (size_t c = 0; c < batch->schema->count; c++)
		for (uint32_t i = 0; i < batch->rows; i++)
			touch(&batch->columns[c], i, &sum);
	for (uint32_t i = 0; i < batch->run_count; i++)
		sum += batch->runs[i].time;
	kept = sum;
	(void)kept;
	round_trip(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t chunks[] = {0, 1, 70, 4000};
	struct pw_source in;
	struct pw_event ev;
	pw_time frontier = 0;

	if (size == 0)
		return 0;
	char *stream = pw_mem_alloc(size, 1);
	memcpy(stream, data + 1, size - 1);
	if (data[0] & 1)
		mend(stream, size - 1);
	memory_use();
	memory_rewind(stream, size - 1, chunks[data[0] >> 1 & 3]);
	pw_source_open(&in, -1);
	in.salvage = (data[0] & 8) != 0;
	while (next_event(&in, &ev) == 1) {
		if (ev.kind == PW_EVENT_FRONTIER && ev.time <= frontier)
			pw_bug("the frontier went back");
		if (ev.kind == PW_EVENT_FRONTIER)
			frontier = ev.time;
		if (ev.kind == PW_EVENT_BATCH && ev.batch->runs[0].time < frontier)
			pw_bug("a row below the frontier");
		if (ev.kind == PW_EVENT_BATCH)
			use(ev.batch);
	}
	pw_source_close(&in);
	free(stream);
	return 0;
}
