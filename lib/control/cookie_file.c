/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * The file of master keys.
 */
#include "control/cookie_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX  (64 << 10) /* with room for comments */
#define KEY_DIGITS      (2 * (int)sizeof(struct tg_siphash_key))
#define TEN_YEARS       (10 * 365 * 86400ULL / TG_COOKIE_EPOCH_S)
#define ENTRY_SHOULD_BE "write `from_epoch <number> key <32 hexadecimal digits>`"

/* Where reading stands. */
struct scan {
	const char *name;
	const char *line_start, *at, *end;
	unsigned line, last_line; /* the current one, and that of the last master */
	uint64_t epoch;
	struct tg_cookie_masters *masters;
	struct tg_config_errors *err;
};

static void fault(struct tg_config_errors *err, const char *name, unsigned line, size_t column,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Line 0: of the whole file. */
static void
fault(struct tg_config_errors *err, const char *name, unsigned line, size_t column, const char *fmt,
    ...)
{
	size_t size = sizeof(err->e[0].text), n;
	va_list ap;
	char *text;

	if (err->n == TG_CONFIG_ERRORS_MAX) {
		err->lost++;
		return;
	}
	text = err->e[err->n++].text;
	if (line != 0)
		n = (size_t)snprintf(text, size, "%.128s:%u:%zu: ", name, line, column);
	else
		n = (size_t)snprintf(text, size, "%.128s: ", name);
	va_start(ap, fmt);
	vsnprintf(text + n, size - n, fmt, ap);
	va_end(ap);
}

static size_t
column_of(const struct scan *s, const char *at)
{
	return (size_t)(at - s->line_start) + 1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
skip_blanks(struct scan *s)
{
	while (s->at < s->end && is_blank(*s->at))
		s->at++;
}

/* Whether what follows, behind blanks, is nothing or a comment. */
static bool
at_line_end(struct scan *s)
{
	skip_blanks(s);
	return s->at == s->end || *s->at == '\n' || *s->at == '#';
}

/* The next word and its length; moves behind it. */
static size_t
take_word(struct scan *s, const char **word)
{
	skip_blanks(s);
	*word = s->at;
	while (s->at < s->end && !is_blank(*s->at) && *s->at != '\n' && *s->at != '#')
		s->at++;
	return (size_t)(s->at - *word);
}

static bool
take_name(struct scan *s, const char *name)
{
	const char *word;
	size_t len = take_word(s, &word);

	if (len == strlen(name) && memcmp(word, name, len) == 0)
		return true;
	fault(s->err, s->name, s->line, column_of(s, word), "`%s` is missing; %s", name,
	    ENTRY_SHOULD_BE);
	return false;
}

/* A number without sign and without leading zeros, of at most 18 digits: fits always. */
static bool
is_number(const char *word, size_t len, uint64_t *number)
{
	size_t i;

	*number = 0;
	if (len == 0 || len > 18 || (len > 1 && word[0] == '0'))
		return false;
	for (i = 0; i < len; i++) {
		if (word[i] < '0' || word[i] > '9')
			return false;
		*number = *number * 10 + (uint64_t)(word[i] - '0');
	}
	return true;
}

static bool
take_epoch(struct scan *s, uint64_t *epoch)
{
	const struct tg_cookie_masters *m = s->masters;
	const char *word;
	size_t len = take_word(s, &word), column = column_of(s, word);

	if (!is_number(word, len, epoch)) {
		fault(s->err, s->name, s->line, column,
		    "is no epoch; write a decimal number, `date +%%s` divided by 64");
		return false;
	}
	if (*epoch > s->epoch + TEN_YEARS) {
		fault(s->err, s->name, s->line, column,
		    "begins more than ten years ahead; count in epochs of 64 seconds, now is "
		    "%" PRIu64,
		    s->epoch);
		return false;
	}
	if (m->n > 0 && *epoch == m->master[m->n - 1].from_epoch) {
		fault(s->err, s->name, s->line, column,
		    "epoch %" PRIu64 " has two masters, the other on line %u; remove one", *epoch,
		    s->last_line);
		return false;
	}
	if (m->n > 0 && *epoch < m->master[m->n - 1].from_epoch) {
		fault(s->err, s->name, s->line, column,
		    "begins before the master of line %u; write them in ascending order",
		    s->last_line);
		return false;
	}
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_key(const char *word, size_t len, struct tg_siphash_key *key)
{
	uint8_t *byte = (uint8_t *)key;
	int i, digit;

	memset(key, 0, sizeof(*key));
	if (len != KEY_DIGITS)
		return false;
	for (i = 0; i < KEY_DIGITS; i++) {
		digit = hex_digit(word[i]);
		if (digit < 0)
			return false;
		byte[i / 2] = (uint8_t)(byte[i / 2] << 4 | digit);
	}
	return true;
}

static bool
take_key(struct scan *s, struct tg_siphash_key *key)
{
	const char *word;
	size_t len = take_word(s, &word), column = column_of(s, word);

	if (!is_key(word, len, key)) {
		fault(s->err, s->name, s->line, column,
		    "is no key; write %d hexadecimal digits, as `openssl rand -hex 16` does",
		    KEY_DIGITS);
		return false;
	}
	if ((key->k[0] | key->k[1]) == 0) {
		fault(s->err, s->name, s->line, column,
		    "all zeros is no secret; write 16 random bytes, as `openssl rand -hex 16` "
		    "does");
		return false;
	}
	return true;
}

static void
read_entry(struct scan *s)
{
	struct tg_cookie_masters *m = s->masters;
	struct tg_siphash_key key;
	uint64_t epoch;

	if (!take_name(s, "from_epoch") || !take_epoch(s, &epoch) || !take_name(s, "key") ||
	    !take_key(s, &key))
		return;
	if (!at_line_end(s)) {
		fault(s->err, s->name, s->line, column_of(s, s->at),
		    "something follows the key; write one master on a line");
		return;
	}
	if (m->n == TG_COOKIE_MASTERS_MAX) {
		fault(s->err, s->name, s->line, 1, "more than %d masters; remove those that ended",
		    TG_COOKIE_MASTERS_MAX);
		return;
	}
	m->master[m->n].from_epoch = epoch;
	m->master[m->n].key = key;
	m->n++;
	s->last_line = s->line;
}

static unsigned
errors_seen(const struct tg_config_errors *err)
{
	return err->n + err->lost;
}

int
tg_cookie_masters_parse(const char *name, const char *text, size_t len, uint64_t epoch,
    struct tg_cookie_masters *masters, struct tg_config_errors *err)
{
	struct scan s = { name, text, text, text + len, 0, 0, epoch, masters, err };
	unsigned before = errors_seen(err);
	const char *newline;

	memset(masters, 0, sizeof(*masters));
	masters->shared = true;
	while (s.at < s.end) {
		s.line_start = s.at;
		s.line++;
		if (!at_line_end(&s))
			read_entry(&s);
		newline = memchr(s.at, '\n', (size_t)(s.end - s.at));
		s.at = newline == NULL ? s.end : newline + 1;
	}
	if (errors_seen(err) == before &&
	    (masters->n == 0 || masters->master[0].from_epoch > epoch - 1))
		fault(err, name, 0, 0,
		    "epoch %" PRIu64 " has no master; let the first begin with it or earlier",
		    epoch - 1);
	return errors_seen(err) == before ? 0 : -EINVAL;
}

/* The epochs that cookies of this moment belong to keep their masters. */
static int
check_in_use(const char *file, uint64_t epoch, uint64_t since,
    const struct tg_cookie_masters *in_use, const struct tg_cookie_masters *masters,
    struct tg_config_errors *err)
{
	uint64_t e;

	for (e = since; e != epoch + 2; e++) {
		if (e + 1 >= epoch && tg_cookie_master_of(in_use, e) == NULL)
			continue; /* the clock was set back: there are no such cookies */
		if (memcmp(tg_cookie_master_of_period(in_use, e),
			tg_cookie_master_of_period(masters, e), sizeof(struct tg_siphash_key)) == 0)
			continue;
		if (tg_cookie_master_of(masters, e) == NULL)
			fault(err, file, 0, 0,
			    "the master of epoch %" PRIu64 " is in use; keep its line", e);
		else
			fault(err, file, 0, 0,
			    "epoch %" PRIu64 " is in use with another master; let a new one begin "
			    "with %" PRIu64 " or later",
			    e, epoch + 2);
		return -EINVAL;
	}
	return 0;
}

static int
check_access(const char *file, int fd, struct tg_config_errors *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		fault(err, file, 0, 0, "cannot be examined: %s", strerror(errno));
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode)) {
		fault(err, file, 0, 0, "is no regular file; name one");
		return -EINVAL;
	}
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		fault(err, file, 0, 0, "belongs to user %u; chown it to %u", (unsigned)st.st_uid,
		    (unsigned)geteuid());
		return -EINVAL;
	}
	if ((st.st_mode & 07777 & ~(mode_t)0600) != 0) {
		fault(err, file, 0, 0, "mode %04o lets others at the keys; chmod it to 0600",
		    (unsigned)st.st_mode & 07777);
		return -EINVAL;
	}
	return 0;
}

/* Reads all of fd, at most size bytes. Returns the number of bytes or -errno. */
static ssize_t
read_whole(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, text + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int
load(const char *file, int fd, uint64_t epoch, struct tg_cookie_masters *masters,
    struct tg_config_errors *err)
{
	static char text[FILE_BYTES_MAX + 1];
	ssize_t len = read_whole(fd, text, sizeof(text));
	int rc;

	if (len > FILE_BYTES_MAX)
		len = -EFBIG;
	if (len < 0) {
		fault(err, file, 0, 0, "cannot be read: %s", strerror((int)-len));
		rc = (int)len;
	} else {
		rc = tg_cookie_masters_parse(file, text, (size_t)len, epoch, masters, err);
	}
	explicit_bzero(text, sizeof(text));
	return rc;
}

int
tg_cookie_masters_load(const char *file, uint64_t epoch, uint64_t since,
    const struct tg_cookie_masters *in_use, struct tg_cookie_masters *masters,
    struct tg_config_errors *err)
{
	int fd, rc;

	/* O_NONBLOCK: whoever puts a pipe here must not stop the program. */
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		rc = -errno;
		fault(err, file, 0, 0, "cannot be read: %s; name a readable file", strerror(-rc));
		return rc;
	}
	rc = check_access(file, fd, err);
	if (rc == 0)
		rc = load(file, fd, epoch, masters, err);
	close(fd);
	if (rc == 0 && in_use != NULL)
		rc = check_in_use(file, epoch, since, in_use, masters, err);
	return rc;
}
