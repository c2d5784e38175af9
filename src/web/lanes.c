/*
 * lanes.c - worker threads behind bounded queues; see lanes.h
 */
#include "web/lanes.h"

#include <pthread.h>
#include <stdlib.h>

#define LANES_MAX   4
#define WORKERS_MAX 8

struct lane {
	struct lanes *owner;
	struct lane_job *head, **tail;
	int waiting, ceiling;
	pthread_cond_t more;
	pthread_t workers[WORKERS_MAX];
	int worker_count;
};

struct lanes {
	pthread_mutex_t lock;
	bool is_closing;
	size_t count;
	struct lane lanes[LANES_MAX];
};

static void *work(void *arg)
{
	struct lane *lane = arg;
	struct lanes *l = lane->owner;
	(void)pthread_mutex_lock(&l->lock);
	for (;;) {
		while (!lane->head && !l->is_closing) {
			(void)pthread_cond_wait(&lane->more, &l->lock);
		}
		struct lane_job *job = lane->head;
		if (!job) {
			break;
		}
		lane->head = job->next;
		if (!lane->head) {
			lane->tail = &lane->head;
		}
		lane->waiting--;
		(void)pthread_mutex_unlock(&l->lock);
		job->run(job);
		(void)pthread_mutex_lock(&l->lock);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return NULL;
}

enum err lanes_new(const struct lane_setup *setup, size_t n, struct lanes **ret_lanes)
{
	struct lanes *l = n <= LANES_MAX ? calloc(1, sizeof(*l)) : NULL;
	if (!l) {
		return ERR_NOMEM;
	}
	(void)pthread_mutex_init(&l->lock, NULL);
	for (size_t i = 0; i < n; i++) {
		struct lane *lane = &l->lanes[i];
		lane->owner = l;
		lane->tail = &lane->head;
		lane->ceiling = setup[i].ceiling;
		(void)pthread_cond_init(&lane->more, NULL);
		l->count++;
	}
	for (size_t i = 0; i < n; i++) {
		struct lane *lane = &l->lanes[i];
		for (int k = 0; k < setup[i].workers && k < WORKERS_MAX; k++) {
			int error = pthread_create(&lane->workers[k], NULL, work, lane);
			if (error) {
				lanes_free(l);
				return err_from_errno(error);
			}
			(void)pthread_setname_np(lane->workers[k], setup[i].name);
			lane->worker_count++;
		}
	}
	*ret_lanes = l;
	return ERR_OK;
}

bool lanes_push(struct lanes *l, size_t lane_index, struct lane_job *job)
{
	struct lane *lane = &l->lanes[lane_index];
	job->next = NULL;
	(void)pthread_mutex_lock(&l->lock);
	bool fits = !l->is_closing && lane->waiting < lane->ceiling;
	if (fits) {
		*lane->tail = job;
		lane->tail = &job->next;
		lane->waiting++;
		(void)pthread_cond_signal(&lane->more);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return fits;
}

void lanes_close(struct lanes *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->is_closing = true;
	for (size_t i = 0; i < l->count; i++) {
		(void)pthread_cond_broadcast(&l->lanes[i].more);
	}
	(void)pthread_mutex_unlock(&l->lock);
	for (size_t i = 0; i < l->count; i++) {
		while (l->lanes[i].worker_count > 0) {
			(void)pthread_join(l->lanes[i].workers[--l->lanes[i].worker_count], NULL);
		}
	}
}

void lanes_free(struct lanes *l)
{
	if (!l) {
		return;
	}
	lanes_close(l);
	for (size_t i = 0; i < l->count; i++) {
		(void)pthread_cond_destroy(&l->lanes[i].more);
	}
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}
