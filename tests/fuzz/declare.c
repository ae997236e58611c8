/*
 * Whatever is declared, it is refused with a message of kind PW_USAGE or it
 * prints, and what is printed parses again and prints the same. JSON: the same,
 * the print being that of the language.
 */
#include "../../lib/fmt/declare.h"
#include "../../lib/base/fail.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pw_slice text = {(const char *)data, size};
	struct pw_declare first = {0}, second = {0};
	struct pw_bytes once = {0}, twice = {0};
	const bool json = size > 0 && (data[0] == '[' || data[0] == '{');
	pw_fail_clear();
	if (json ? pw_declare_json(&first, text) : pw_declare_parse(&first, text)) {
		if (pw_fail_status() != PW_USAGE || pw_fail_text()[0] == '\0' || first.count > 0)
			abort();
		return 0;
	}
	pw_declare_print(&once, &first);
	if (pw_declare_parse(&second, (struct pw_slice){once.data, once.length}))
		abort();
	pw_declare_print(&twice, &second);
	if (once.length != twice.length || memcmp(once.data, twice.data, once.length) != 0)
		abort();
	pw_bytes_release(&once);
	pw_bytes_release(&twice);
	pw_declare_release(&first);
	pw_declare_release(&second);
	return 0;
}
