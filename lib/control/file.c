/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 */
#include "control/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int
read_open_file(struct tg_file *out, int fd, uint32_t max)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size > max)
		return -EFBIG;
	/* Within the second of its last change it might change again unseen (RFC 9110 8.8.2.2). */
	if (st.st_mtime > 0 && st.st_mtime + 1 < time(NULL))
		out->modified_s = (uint64_t)st.st_mtime;
	out->body = malloc((size_t)st.st_size + 1);
	if (out->body == NULL)
		return -ENOMEM;
	/* A file that shrinks meanwhile is taken as far as it goes. */
	while (out->body_len < (uint32_t)st.st_size) {
		n = read(fd, out->body + out->body_len, (size_t)st.st_size - out->body_len);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		out->body_len += (uint32_t)n;
	}
	return 0;
}

int
tg_file_read(const char *name, uint32_t max, struct tg_file *out)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = read_open_file(out, fd, max);
	close(fd);
	return rc;
}
