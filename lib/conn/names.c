#include "names.h"

#include <string.h>

size_t pw_names_place(const void *items, size_t count, pw_names_at *at, const char *name,
		      bool *found)
{
	size_t low = 0, high = count;

	*found = false;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int order = strcmp(at(items, middle), name);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
