#include "tests/torture/expect.h"

#include <stdio.h>
#include <string.h>

#include "lib/state.h"
#include "tests/torture/look.h"

#define EXPECT_MAX 1024

static struct expectation {
	char name[32];
	unsigned least; /* starts in all */
	unsigned most;
	unsigned state;
	unsigned doubles; /* that were counted already */
} expected[EXPECT_MAX];
static unsigned count;

struct expect_faults expect_faults;

void
expect_reset(void)
{
	count = 0;
}

static struct expectation *
find(const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(expected[i].name, name) == 0)
			return &expected[i];
	if (count == EXPECT_MAX)
		return NULL;
	memset(&expected[count], 0, sizeof(expected[0]));
	snprintf(expected[count].name, sizeof(expected[0].name), "%s", name);
	return &expected[count++];
}

void
expect_service(const char *name, unsigned starts, unsigned state)
{
	struct expectation *e = find(name);

	if (!e)
		return;
	e->least = e->most = starts;
	e->state = state;
}

void
expect_starts(const char *name, unsigned least, unsigned most, unsigned state)
{
	const struct look_ward *ward = look_ward(name);
	struct expectation *e = find(name);

	if (!e || !ward)
		return;
	e->least = ward->starts + least;
	e->most = ward->starts + most;
	e->state = state;
}

void
expect_one_less(const char *name)
{
	struct expectation *e = find(name);

	if (e && e->least > 0)
		e->least--;
}

static const char *
word(unsigned state)
{
	return state == EXPECT_GONE    ? "gone"
	       : state == EXPECT_ENDED ? "done or failed"
	       : state == EXPECT_ANY   ? "anything"
				       : state_name(state);
}

static bool
is_up_as(const struct look_ward *ward, const struct page_entry *entry)
{
	return entry->state == SVC_UP && entry->pid == ward->pid &&
	       look_is_alive(ward->pid, ward->start_ticks);
}

static bool
is_too_much(const struct expectation *e, const struct look_ward *ward)
{
	return ward->doubles != e->doubles ||
	       (e->state != EXPECT_ANY && ward->starts > e->most);
}

static bool
is_as_expected(const struct expectation *e)
{
	const struct look_ward *ward = look_ward(e->name);
	struct page_entry entry;

	if (!ward || is_too_much(e, ward))
		return false;
	if (e->state == EXPECT_ANY)
		return true;
	if (ward->starts < e->least)
		return false;
	if (!look_entry(e->name, &entry))
		return e->state == EXPECT_GONE &&
		       !look_is_alive(ward->pid, ward->start_ticks);
	if (e->state == EXPECT_ENDED
			? entry.state != SVC_DONE && entry.state != SVC_FAILED
			: entry.state != e->state)
		return false;
	if (e->state == SVC_UP)
		return is_up_as(ward, &entry);
	return entry.pid == 0 && !look_is_alive(ward->pid, ward->start_ticks);
}

bool
expect_is_true(void)
{
	for (unsigned i = 0; i < count; i++)
		if (!is_as_expected(&expected[i]))
			return false;
	return true;
}

bool
expect_is_true_of(const char *name)
{
	return is_as_expected(find(name));
}

static bool
is_settled(const struct expectation *e)
{
	const struct look_ward *ward = look_ward(e->name);
	struct page_entry entry;

	if (!ward || e->state == EXPECT_ANY || !look_entry(e->name, &entry))
		return true;
	if (entry.state == SVC_UP)
		return is_up_as(ward, &entry);
	return entry.pid == 0 && (entry.flags & PAGE_SETTLED) != 0;
}

bool
expect_is_settled(void)
{
	for (unsigned i = 0; i < count; i++)
		if (!is_settled(&expected[i]))
			return false;
	return true;
}

/* Or one has begun too often, which will not be undone. */
static bool
is_decided(void)
{
	bool is_true = true;

	for (unsigned i = 0; i < count; i++) {
		const struct look_ward *ward = look_ward(expected[i].name);

		if (!ward || is_too_much(&expected[i], ward))
			return true;
		is_true = is_true && is_as_expected(&expected[i]);
	}
	return is_true;
}

static void
judge(const char *what, struct expectation *e)
{
	const struct look_ward *ward = look_ward(e->name);
	struct page_entry entry = {.state = EXPECT_GONE};
	bool is_alive;

	if (!ward)
		return;
	is_alive = look_is_alive(ward->pid, ward->start_ticks);
	if (!look_entry(e->name, &entry))
		entry.state = EXPECT_GONE;
	printf("# %s: %s: %u starts, %u to %u expected; %s, %s expected; "
	       "pid %d, last start was of %d, which is %s\n",
		what, e->name, ward->starts, e->least, e->most,
		word(entry.state), word(e->state), entry.pid, (int)ward->pid,
		is_alive ? "alive" : "gone");
	if (ward->doubles != e->doubles)
		expect_faults.doubled++;
	else if (ward->starts > e->most)
		expect_faults.restarted++;
	else if (is_alive != (e->state == SVC_UP))
		expect_faults.lost++;
	else
		expect_faults.other++;
	e->doubles = ward->doubles;
	e->most = ward->starts > e->most ? ward->starts : e->most;
	e->least = e->most;
}

/* Whoever began too often is judged, and has done so rightly from then on. */
static bool
judge_starts(const char *what)
{
	bool is_any = false;

	for (unsigned i = 0; i < count; i++) {
		const struct look_ward *ward = look_ward(expected[i].name);

		if (!ward || !is_too_much(&expected[i], ward))
			continue;
		judge(what, &expected[i]);
		is_any = true;
	}
	return is_any;
}

/* What did not come in time is not waited for again. */
static void
take_as_it_is(struct expectation *e)
{
	const struct look_ward *ward = look_ward(e->name);
	struct page_entry entry;

	if (!ward || e->state == EXPECT_ANY)
		return;
	e->least = e->most = ward->starts;
	e->state = look_entry(e->name, &entry) ? entry.state : EXPECT_GONE;
}

bool
expect_check(const char *what)
{
	bool is_good = true;

	while (look_until(is_decided) && judge_starts(what))
		is_good = false;
	for (unsigned i = 0; i < count; i++) {
		if (!is_as_expected(&expected[i])) {
			judge(what, &expected[i]);
			is_good = false;
		}
		take_as_it_is(&expected[i]);
	}
	return is_good;
}
