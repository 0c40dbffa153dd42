#include "svctl/each.h"

#include "svctl/svctl.h"

int
each_service(struct svctl *s, int argc, char **argv, each_show *show)
{
	struct page_entry entry;
	int first = CODE_OK;

	for (int i = 0; i < argc; i++) {
		int code = CODE_OK;

		if (map_entry(&s->map, argv[i], &entry) == PAGE_NONE)
			code = svctl_say_unknown(s, argv[i]);
		else
			show(s, &entry);
		if (first == CODE_OK)
			first = code;
	}
	if (argc)
		return first;
	for (uint32_t n = 0;; n++) {
		uint32_t id = page_sorted(&s->map.view, n);

		if (id == PAGE_NONE)
			return first;
		if (page_entry_read(&s->map.view, id, &entry))
			show(s, &entry);
	}
}
