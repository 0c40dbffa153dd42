/*
 * Names that a service provides beside its own, for the verbs that read files.
 */
#ifndef SVCTL_ALIAS_H
#define SVCTL_ALIAS_H

#include "lib/name.h"

struct load_text;
struct svctl;

/*
 * Both return the service's own name, in own, or name itself if that is one or
 * nobody provides it.
 */
const char *
alias_find(const struct load_text *text, const char *name, char own[NAME_CAP]);
/* As the supervisor has it; name where no page can be read. */
const char *
alias_on_page(struct svctl *s, const char *name, char own[NAME_CAP]);

#endif
