/* SCHEME://: a program that speaks the line protocol. */
#include "connector.h"

static int program_open(struct pw_connector *c)
{
	(void)c;
	return pw_fail(PW_USAGE, "not yet");
}

static void program_close(struct pw_connector *c)
{
	(void)c;
}

const struct pw_connector_kind pw_connector_program = {
	.size = sizeof(struct pw_connector), .open = program_open, .close = program_close};
