#include "dest_internal.h"

void pw_dest_pack_open(struct pw_dest_pack *p, const char *name)
{
	pw_squeeze_open(&p->squeeze, pw_packing_of_path(name));
}

/* Writes what compression has handed out. */
static int put_out(struct pw_dest_pack *p, struct pw_dest *d)
{
	const int rc = p->out.length > 0 ? pw_dest_put(d, p->out.data, p->out.length) : 0;

	p->out.length = 0;
	return rc;
}

int pw_dest_pack_write(struct pw_dest_pack *p, struct pw_dest *d, const void *data, size_t n)
{
	if (p->squeeze.kind == PW_UNPACKED)
		return pw_dest_put(d, data, n);
	pw_squeeze_add(&p->squeeze, data, n, &p->out);
	return put_out(p, d);
}

int pw_dest_pack_flush(struct pw_dest_pack *p, struct pw_dest *d)
{
	pw_squeeze_flush(&p->squeeze, &p->out);
	return put_out(p, d);
}

int pw_dest_pack_end(struct pw_dest_pack *p, struct pw_dest *d)
{
	pw_squeeze_end(&p->squeeze, &p->out);
	return put_out(p, d);
}

void pw_dest_pack_release(struct pw_dest_pack *p)
{
	pw_squeeze_release(&p->squeeze);
	pw_bytes_release(&p->out);
}
