/*
 * file.c - a text file as a link: file:outdoor.csv
 *
 * Read anew at every "get"; of a file longer than DOCUMENT_MAX the end, from a line's beginning on. Only
 * files below one directory can be named, because who may name a line's address must not thereby read
 * what else lies on the disk: DOMOVOI_INPUT, or /var/lib/domovoi/input. A relative name is looked for
 * there.
 */
#include "link/document.h"
#include "link/fd.h"
#include "link/open.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_DEFAULT "/var/lib/domovoi/input"

struct file {
	struct document document; /* first */
	char name[256];
};

static struct file *file_of(struct link *l)
{
	return (struct file *)l;
}

static void file_close(struct link *l)
{
	document_fini(&file_of(l)->document);
	free(l);
}

/* The file itself, found to lie where it may. */
static enum err find_path(const char *name, char to[static PATH_MAX], struct diag *diag)
{
	const char *set = getenv("DOMOVOI_INPUT");
	const char *input = set && *set ? set : INPUT_DEFAULT;
	char directory[PATH_MAX], path[PATH_MAX];
	if (!realpath(input, directory)) {
		return fd_fail(diag, input);
	}
	int n = snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : directory,
		*name == '/' ? "" : "/", name);
	if (n < 0 || n >= (int)sizeof(path)) {
		return err_set(diag, ERR_LINK, "the name of the file is too long");
	}
	if (!realpath(path, to)) {
		return fd_fail(diag, name);
	}
	size_t length = strlen(directory);
	if (strncmp(to, directory, length) != 0 || to[length] != '/') {
		return err_set(
			diag, ERR_LINK, "%.100s is not below %.80s (DOMOVOI_INPUT)", name, input);
	}
	return ERR_OK;
}

static enum err read_end(int fd, struct document *d, const char *name, struct diag *diag)
{
	struct stat st;
	if (fstat(fd, &st) < 0) {
		return fd_fail(diag, name);
	}
	if (!S_ISREG(st.st_mode)) {
		return err_set(diag, ERR_LINK, "%.150s is no file", name);
	}
	off_t at = st.st_size > DOCUMENT_MAX ? st.st_size - DOCUMENT_MAX : 0;
	uint8_t *to = buf_room(&d->body, DOCUMENT_MAX);
	if (!to) {
		return ERR_NOMEM;
	}
	while (d->body.size < DOCUMENT_MAX) {
		ssize_t n = pread(fd, to + d->body.size, DOCUMENT_MAX - d->body.size,
			at + (off_t)d->body.size);
		if (n < 0 && errno != EINTR) {
			return fd_fail(diag, name);
		}
		if (n == 0) {
			break;
		}
		d->body.size += n > 0 ? (size_t)n : 0;
	}
	const uint8_t *line = at > 0 ? memchr(d->body.data, '\n', d->body.size) : NULL;
	if (line) { /* not the rest of a line */
		size_t cut = (size_t)(line + 1 - d->body.data);
		memmove(d->body.data, line + 1, d->body.size - cut);
		d->body.size -= cut;
	}
	d->head = (struct piece){.status = 200, .changed_utc = st.st_mtime, .type = "file"};
	d->has_body = true;
	return ERR_OK;
}

static enum err fetch(struct file *f, struct diag *diag)
{
	char path[PATH_MAX];
	document_clear(&f->document);
	enum err e = find_path(f->name, path, diag);
	if (e) {
		return e;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		return fd_fail(diag, f->name);
	}
	e = read_end(fd, &f->document, f->name, diag);
	(void)close(fd);
	return e;
}

static enum err file_write(struct link *l, struct slice request, struct diag *diag)
{
	struct file *f = file_of(l);
	bool is_new;
	size_t at;
	if (!piece_asked(request, &is_new, &at)) {
		return ERR_OK; /* of another protocol: nobody answers */
	}
	enum err e = is_new || !f->document.has_body ? fetch(f, diag) : ERR_OK;
	return e ? e : document_answer(&f->document, at);
}

static enum err file_read(
	struct link *l, uint8_t *to, size_t cap, int timeout_ms, size_t *ret_n, struct diag *diag)
{
	(void)timeout_ms; /* what is not there now does not come */
	(void)diag;
	return document_give(&file_of(l)->document, to, cap, ret_n);
}

static const struct link_ops file_ops = {
	.close = file_close,
	.write = file_write,
	.read = file_read,
	.discard = document_discard,
};

bool file_is_valid(const char *rest)
{
	return *rest && strlen(rest) < sizeof(((struct file *)NULL)->name);
}

enum err file_open(const char *rest, struct link **ret_link, struct diag *diag)
{
	struct file *f = calloc(1, sizeof(*f));
	(void)diag;
	if (!f) {
		return ERR_NOMEM;
	}
	document_init(&f->document, &file_ops);
	(void)STR_COPY(f->name, rest);
	*ret_link = &f->document.link;
	return ERR_OK;
}
