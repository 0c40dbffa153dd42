/*
 * The environment of a service: what the supervisor was started with, then
 * `environment`, then `environment-file`; later beats earlier. Of the first
 * `clean-environment` takes nothing; `unset-environment` comes last.
 */
#ifndef SUPERVISOR_ENVIRONMENT_H
#define SUPERVISOR_ENVIRONMENT_H

struct def;
struct spec_builder;
struct spec_context;

/* Fills b->spec->envp. path: the PATH where there is none. */
void environment_build(struct spec_builder *b, const struct def *def,
	const struct spec_context *context, const char *path);

/* Takes out of the supervisor's own environment what is not for services. */
void environment_clean(void);

#endif
