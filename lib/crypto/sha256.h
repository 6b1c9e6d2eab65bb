/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) The Tidegate Authors
 *
 * SHA-256, FIPS 180-4. It guards generated secrets of 128 bits, which no dictionary holds;
 * for passwords that people choose it would be too fast.
 *
 * Any thread.
 */
#ifndef TG_CRYPTO_SHA256_H
#define TG_CRYPTO_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define TG_SHA256_BYTES 32

/* The hash of len bytes at data. */
void tg_sha256(const void *data, size_t len, uint8_t hash[TG_SHA256_BYTES]);

#endif
