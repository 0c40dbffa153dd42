#include "supervisor/slots.h"

#include <sys/mman.h>

#include "supervisor/cold.h"

#define SLOTS	    256
#define STACK_BYTES 4096
#define ARENA_BYTES 8192

static struct slot slots[SLOTS];
static unsigned used;	 /* all from here on are free */
static unsigned touched; /* all from here on have no memory */

static char memory[SLOTS][STACK_BYTES + ARENA_BYTES]
	__attribute__((aligned(4096)));

struct slot *
slots_free(void)
{
	unsigned i = 0;

	while (i < used && slots[i].is_taken)
		i++;
	return i < SLOTS ? &slots[i] : NULL;
}

void
slots_take(struct slot *slot, uint32_t svc, uint64_t now_ms)
{
	unsigned i = (unsigned)(slot - slots);

	slot->is_busy = 1;
	slot->is_taken = true;
	slot->svc = svc;
	slot->from_ms = now_ms;
	if (i >= used)
		used = i + 1;
}

void
slots_release(struct slot *slot)
{
	spawn_memory_free(&slot->memory);
	slot->is_taken = false;
	while (used > 0 && !slots[used - 1].is_taken)
		used--;
}

struct slot *
slots_next(unsigned *i)
{
	while (*i < used) {
		struct slot *slot = &slots[(*i)++];

		if (slot->is_taken)
			return slot;
	}
	return NULL;
}

char *
slots_stack(const struct slot *slot)
{
	return memory[slot - slots] + STACK_BYTES;
}

struct spawn_memory
slots_arena(const struct slot *slot)
{
	unsigned i = (unsigned)(slot - slots);

	if (i >= touched)
		touched = i + 1;
	return (struct spawn_memory){
		.base = memory[i] + STACK_BYTES, .cap = ARENA_BYTES};
}

/* One is kept for the next start, and a second one if it was used. */
void
slots_give_back(struct supervisor *sv)
{
	if (touched <= used + 2)
		return;
	madvise(memory[used + 1], (touched - used - 1) * sizeof(memory[0]),
		MADV_DONTNEED);
	touched = used + 1;
	/* So do the definitions that it has read. */
	cold_used(sv);
}
