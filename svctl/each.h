/*
 * One function for each service that is named.
 */
#ifndef SVCTL_EACH_H
#define SVCTL_EACH_H

struct svctl;
struct page_entry;

/* What a verb does with each service. */
typedef void each_show(struct svctl *s, const struct page_entry *entry);

/*
 * Calls show for the named services, or for all in the order of names.
 * Returns the first code that is not CODE_OK.
 */
int each_service(struct svctl *s, int argc, char **argv, each_show *show);

#endif
