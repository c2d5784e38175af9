/*
 * static.c - the files of the application
 *
 * Paths that name a file give the file, its .gz beside it where the browser takes that; paths that
 * name none are pages of the application itself and give index.html. Files below /assets/ carry a
 * hash of their contents in their name and are kept for a year; everything else is asked for again
 * each time and answered 304 while it has not changed.
 *
 * A path is refused before the file system sees it when it has a part that begins with a dot; the
 * last component is opened without following links.
 */
#include "web/server.h"

#include "web/http_path.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_CAP 1024

static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{".html", "text/html; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".css", "text/css; charset=utf-8"},
		{".json", "application/json"},
		{".map", "application/json"},
		{".webmanifest", "application/manifest+json"},
		{".svg", "image/svg+xml"},
		{".png", "image/png"},
		{".ico", "image/x-icon"},
		{".jpg", "image/jpeg"},
		{".webp", "image/webp"},
		{".woff2", "font/woff2"},
		{".txt", "text/plain; charset=utf-8"},
	};
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(dot, types[i][0]) == 0) {
			return types[i][1];
		}
	}
	return "application/octet-stream";
}

static int open_file(const char *dir, const char *path, const char *suffix, struct stat *ret_st)
{
	char full[PATH_CAP];
	int n = snprintf(full, sizeof(full), "%s%s%s", dir, path, suffix);
	if (n < 0 || (size_t)n >= sizeof(full)) {
		return -1;
	}
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, ret_st) != 0 || !S_ISREG(ret_st->st_mode))) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static bool serve(struct http_request *r, const char *dir, const char *path)
{
	struct stat st;
	const char *accepted = http_header(r, "Accept-Encoding");
	int fd = -1;
	if (accepted && strstr(accepted, "gzip")) {
		fd = open_file(dir, path, ".gz", &st);
		r->reply.encoding = fd >= 0 ? "gzip" : NULL;
	}
	if (fd < 0) {
		fd = open_file(dir, path, "", &st);
	}
	if (fd < 0) {
		return false;
	}
	bool is_hashed = strncmp(path, "/assets/", 8) == 0;
	r->reply.cache = is_hashed ? "public, max-age=31536000, immutable" : "no-cache";
	r->reply.type = type_of(path);
	(void)snprintf(r->reply.etag, sizeof(r->reply.etag), "\"%" PRIx64 "-%" PRIx64 "%s\"",
		(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec,
		(uint64_t)st.st_size, r->reply.encoding ? "z" : "");
	const char *known = http_header(r, "If-None-Match");
	if (known && strcmp(known, r->reply.etag) == 0) {
		(void)close(fd);
		r->reply.encoding = NULL;
		r->reply.status = 304;
		return true;
	}
	r->reply.fd = fd;
	r->reply.fd_size = (uint64_t)st.st_size;
	return true;
}

enum err static_get(struct http_request *r)
{
	const char *dir = web_of(r)->ui_dir;
	const char *path = strcmp(r->path, "/") == 0 ? "/index.html" : r->path;
	if (!http_path_is_safe(path)) {
		return err_set(&r->diag, ERR_NOTFOUND, "no such file");
	}
	if (serve(r, dir, path)) {
		return ERR_OK;
	}
	/* a missing asset is missing; everything else is an address inside the application */
	bool is_asset = strncmp(path, "/assets/", 8) == 0 || strrchr(path, '.');
	if (!is_asset && serve(r, dir, "/index.html")) {
		return ERR_OK;
	}
	return err_set(
		&r->diag, ERR_NOTFOUND, is_asset ? "no such file" : "the application is not built");
}
