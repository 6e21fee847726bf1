import assert from "node:assert/strict";
import fc from "fast-check";
import { isAddress, isMetadata, isPublic } from "./address.ts";

Deno.test("addresses of private, loopback, link-local, shared and reserved networks are not public", () => {
  for (
    const address of [
      ...[
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
      ],
      ...["192.168.1.1", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "255.255.255.255"],
      ...[
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
      ],
      ...["ff02::1", "2002:7f00:1::", "2001:0:1::", "2001:db8::1"],
    ]
  ) assert.equal(isPublic(address), false, address);
});

Deno.test("addresses of the internet are public", () => {
  for (
    const address of [
      "1.1.1.1",
      "8.8.8.8",
      "172.32.0.1",
      "100.128.0.1",
      "140.82.112.3",
      "2606:4700::1111",
      "2a00:1450:4001::1",
    ]
  ) {
    assert.equal(isPublic(address), true, address);
  }
});

Deno.test("what is not written as an address is none, and not public", () => {
  for (
    const text of [
      "",
      "localhost",
      "1.2.3",
      "0x7f.1",
      "2130706433",
      "256.1.1.1",
      "1::2::3",
      ":",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "::1%eth0",
      "g::1",
    ]
  ) {
    assert.equal(isAddress(text), false, text);
    assert.equal(isPublic(text), false, text);
  }
});

Deno.test("an IPv4 address wrapped in IPv6 is never public", () => {
  fc.assert(fc.property(fc.ipV4(), (four) => !isPublic(`::ffff:${four}`) && !isPublic(`::${four}`)));
});

Deno.test("every IPv6 text of the generator is an address", () => {
  fc.assert(fc.property(fc.ipV6(), isAddress));
});

Deno.test("link-local and metadata addresses are known in each form, and no others are taken for them", () => {
  for (
    const address of [
      "169.254.169.254",
      "169.254.0.1",
      "::ffff:169.254.169.254",
      "::ffff:a9fe:a9fe",
      "64:ff9b::a9fe:a9fe",
    ]
  ) assert.equal(isMetadata(address), true, address);
  for (const address of ["fe80::1", "fd00:ec2::254", "100.100.100.200"]) {
    assert.equal(isMetadata(address), true, address);
  }
  for (const address of ["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "8.8.8.8", "fd00::1", "x"]) {
    assert.equal(isMetadata(address), false, address);
  }
});
