/*
 * The functions that verbs.def names. Each returns an exit status.
 */
#ifndef SVCTL_VERBS_H
#define SVCTL_VERBS_H

struct svctl;
struct verb;

typedef int
verb_function(struct svctl *s, const struct verb *verb, int argc, char **argv);

verb_function status_run, list_run, act_run, signal_run, wait_run, why_run;
verb_function health_run, is_active_run, is_failed_run, is_enabled_run;
verb_function enable_run, mask_run, check_run, cat_run, plan_run, apply_run;
verb_function logs_run, history_run;
verb_function system_run, upgrade_run, version_run, help_run;

#endif
