/* AES-128-GCM and the checksums of push meters against published values. */
#include "base/str.h"
#include "proto/crc.h"
#include "proto/gcm.h"
#include "test.h"

#include <string.h>

/* McGrew and Viega, The Galois/Counter Mode of Operation, appendix B, test case 4 */
static const char key[] = "feffe9928665731c6d6a8f9467308308", vector[] = "cafebabefacedbaddecaf888",
		  aad[] = "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		  plain[] =
			  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
			  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		  cipher[] =
			  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
			  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
		  tag[] = "5bc94fbc3221a5db94fae95ae7121a47";

static void unhex(struct buf *out, const char *text)
{
	buf_init(out, 256);
	assert_int_equal(str_unhex(text, strlen(text), out, NULL), ERR_OK);
}

static void a_published_text_is_sealed_and_opened(void **state)
{
	(void)state;
	struct buf k, v, a, p, c, t;
	uint8_t text[64], made[16];
	unhex(&k, key);
	unhex(&v, vector);
	unhex(&a, aad);
	unhex(&p, plain);
	unhex(&c, cipher);
	unhex(&t, tag);
	struct gcm g = {k.data, v.data, buf_slice(&a)};
	gcm_seal(&g, buf_slice(&p), text, made, sizeof(made));
	assert_memory_equal(text, c.data, c.size);
	assert_memory_equal(made, t.data, t.size);
	assert_true(gcm_open(&g, buf_slice(&c), (struct slice){t.data, 12}, text));
	assert_memory_equal(text, p.data, p.size);
	t.data[11] ^= 1;
	assert_false(gcm_open(&g, buf_slice(&c), (struct slice){t.data, 12}, text));
	for (size_t i = 0; i < c.size; i++) {
		assert_int_equal(text[i], 0);
	}
	assert_false(gcm_open(&g, buf_slice(&c), (struct slice){NULL, 0}, text));
	struct buf *all[] = {&k, &v, &a, &p, &c, &t};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		buf_fini(all[i]);
	}
}

static void checksums_have_their_check_values(void **state)
{
	(void)state;
	struct slice digits = {(const uint8_t *)"123456789", 9};
	assert_int_equal(crc16_modbus(digits), 0x4b37);
	assert_int_equal(crc16_arc(digits), 0xbb3d);
	assert_int_equal(crc16_x25(digits), 0x906e);
	assert_int_equal(crc16_kermit(digits), 0x2189);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_text_is_sealed_and_opened),
		cmocka_unit_test(checksums_have_their_check_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
