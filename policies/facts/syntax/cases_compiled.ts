/** For tests only: edits of existing tests in Go, Rust and Java. */
import type { Edit } from "./cases_javascript.ts";

const goFile = (body: string, top = ""): string =>
  `package price\n\nimport "testing"\n\n${top}\n\nfunc TestParse(t *testing.T) {\n${body}\n}\n`;
const ONE = `	if got := Parse("1"); got != 1 {\n		t.Errorf("got %d", got)\n	}`;
const CLOSURE =
  `	is := func(got, want int) {\n		if got != want {\n			t.Errorf("got %d", got)\n		}\n	}\n	is(Parse("1"), 1)`;
const SECOND =
  `	got, err := Parse("2")\n	if err != nil {\n		t.Fatal(err)\n	}\n	if got != 2 {\n		t.Errorf("got %d, want 2", got)\n	}`;
const goEdit = (base: string, head: string, top = "", topHead = top): Edit => ({
  path: "price_test.go",
  base: goFile(base, top),
  head: goFile(head, topHead),
});
const TABLE = (rows: string): string =>
  `	tests := []struct {\n		in string\n		want int\n	}{\n${rows}\n	}\n	for _, tt := range tests {\n		t.Run(tt.in, func(t *testing.T) {\n			if got := Parse(tt.in); got != tt.want {\n				t.Errorf("got %d", got)\n			}\n		})\n	}`;
const rust = (body: string, attribute = ""): string =>
  `pub fn parse(a: &str) -> i32 { a.len() as i32 }\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n${attribute}    fn parses() {\n${body}\n    }\n}\n`;
const rustEdit = (base: string, head: string): Edit => ({
  path: "tests/price.rs",
  base: rust(base),
  head: rust(head),
});
/** A test that is wanted to panic. */
const rustPanic = (base: string, head: string, headBody = `        parse("x");`): Edit => ({
  path: "tests/price.rs",
  base: rust(`        parse("x");`, `    ${base}\n`),
  head: rust(headBody, head === "" ? "" : `    ${head}\n`),
});
const java = (body: string, more = ""): string =>
  `import org.junit.jupiter.api.Test;\nimport static org.junit.jupiter.api.Assertions.*;\n\nclass PriceTest {\n    @Test\n    void parses() {\n${body}\n    }\n${more}}\n`;
const javaEdit = (base: string, head: string, more = ""): Edit => ({
  path: "src/test/java/PriceTest.java",
  base: java(base),
  head: java(head, more),
});

const GO_IO = (from: string): string => `import (\n	"${from}"\n	"testing"\n)`;
const MADE =
  `	if err != nil {\n		t.Fatal(err)\n	}\n	if err := Write(dir); err != nil {\n		t.Fatal(err)\n	}`;
const LOOP = (list: string): string =>
  `        for i in 0..${list}.len() + 1 {\n            assert_eq!(parse(i), ${list});\n        }\n        assert_eq!(parse(0), ${list});`;

const OVERLOADS =
  `    void check(String in, int want) { assertEquals(want, parse(in)); }\n    void check(String in) { run(in); }\n`;

const NONE = (condition: string): string =>
  `	if err := Parse("", "x"); ${condition} {\n		t.Errorf("got %v", err)\n	}`;

export const WEAKER: Record<string, Edit> = {
  "Go: any error, for the one that it has to be": goEdit(
    NONE("!errors.Is(err, ErrEmpty)"),
    `${NONE("err == nil")}\n	_ = errors.Is`,
  ),
  "Go: no look at the error at all": goEdit(
    NONE("!errors.Is(err, ErrEmpty)"),
    NONE("err == ErrOther && err == nil"),
  ),
  "Go: the type of what is given, for the value": goEdit(
    ONE,
    `	if got := Parse("1"); reflect.TypeOf(got) != reflect.TypeOf(1) {\n		t.Errorf("got %d", got)\n	}`,
  ),
  "Java: the class, for the value": javaEdit(
    `        assertEquals(1, parse("1"));`,
    `        assertEquals(Integer.class, ((Object) parse("1")).getClass());`,
  ),
  "Go: what the program answers, for what the standard library does": {
    path: "price_test.go",
    base: goFile(`	if err := Write("x"); err != nil {\n		t.Fatal(err)\n	}`)
      .replace('import "testing"', GO_IO("os")),
    head: goFile(
      `	if err := os.MkdirAll("x", 0o700); err != nil {\n		t.Fatal(err)\n	}`,
    )
      .replace('import "testing"', GO_IO("os")),
  },
  "Rust: nothing at all, then anything but nothing": rustEdit(
    `        assert!(parse("x").is_none());`,
    `        assert!(!parse("x").is_some_and(|_| true));`,
  ),
  "Go: emptied": goEdit(ONE, ``),
  "Go: a closure logs instead": goEdit(CLOSURE, CLOSURE.replace("Errorf", "Logf")),
  "Go: logged instead": goEdit(ONE, ONE.replace("Errorf", "Logf")),
  "Go: one is gone": goEdit(`${ONE}\n${SECOND}`, ONE),
  "Go: skipped": goEdit(ONE, `	t.Skip("slow")\n${ONE}`),
  "Go: skipped in short mode": goEdit(ONE, `	if testing.Short() {\n		t.Skip()\n	}\n${ONE}`),
  "Go: returns": goEdit(ONE, `	return\n${ONE}`),
  "Go: returns under a condition": goEdit(ONE, `	if os.Getenv("SLOW") == "" {\n		return\n	}\n${ONE}`),
  "Go: exits": goEdit(ONE, `	os.Exit(0)\n${ONE}`),
  "Go: never": goEdit(ONE, ONE.replace("got != 1", "got != 1 && false")),
  "Go: with itself": goEdit(ONE, ONE.replace("got != 1", "got != got")),
  "Go: less than nothing": goEdit(ONE, ONE.replace("got != 1", "got < 0")),
  "Go: no rows": goEdit(TABLE(`		{"1", 1},\n		{"2", 2},`), TABLE(``)),
  "Go: a row is gone": goEdit(TABLE(`		{"1", 1},\n		{"2", 2},`), TABLE(`		{"1", 1},`)),
  "Go: rows are passed over": goEdit(
    TABLE(`		{"1", 1},\n		{"2", 2},`),
    TABLE(`		{"1", 1},\n		{"2", 2},`).replace(
      "		t.Run",
      "		if tt.want == 2 {\n			continue\n		}\n		t.Run",
    ),
  ),
  "Go: the error is not looked at": goEdit(
    `	_, err := Parse("x")\n	if err == nil {\n		t.Fatal("no error")\n	}`,
    `	_, err := Parse("x")\n	_ = err`,
  ),
  "Go: in a goroutine that nobody waits for": goEdit(ONE, `	go func() {\n${ONE}\n	}()`),
  "Go: a function that is not called": goEdit(ONE, `	check := func() {\n${ONE}\n	}\n	_ = check`),
  "Go: testify is not nil": goEdit(`	assert.Equal(t, 1, Parse("1"))`, `	assert.NotNil(t, Parse("1"))`),
  "Go: testify constants": goEdit(`	require.Equal(t, 1, Parse("1"))`, `	require.Equal(t, 1, 1)`),
  "Go: the helper logs": {
    path: "price_test.go",
    base: goFile(
      `	check(t, Parse("1"), 1)`,
      `func check(t *testing.T, got, want int) {\n	t.Helper()\n	if got != want {\n		t.Fatalf("x")\n	}\n}`,
    ),
    head: goFile(
      `	check(t, Parse("1"), 1)`,
      `func check(t *testing.T, got, want int) {\n	t.Helper()\n	if got != want {\n		t.Logf("x")\n	}\n}`,
    ),
  },
  "Rust: any panic will do": rustPanic(`#[should_panic(expected = "no number")]`, `#[should_panic]`),
  "Rust: no panic is wanted any more": rustPanic(`#[should_panic(expected = "no number")]`, ``),
  "Rust: emptied": rustEdit(`        assert_eq!(parse("1"), 1);`, ``),
  "Rust: true": rustEdit(`        assert_eq!(parse("1"), 1);`, `        assert!(true);`),
  "Rust: with itself": rustEdit(
    `        assert_eq!(parse("1"), 1);`,
    `        assert_eq!(parse("1"), parse("1"));`,
  ),
  "Rust: not equal to something": rustEdit(
    `        assert_eq!(parse("1"), 1);`,
    `        assert_ne!(parse("1"), 99);`,
  ),
  "Rust: returns": rustEdit(
    `        assert_eq!(parse("1"), 1);`,
    `        if parse("1") != 1 { return; }\n        assert_eq!(parse("1"), 1);`,
  ),
  "Rust: only when debugging is on": rustEdit(
    `        assert_eq!(parse("1"), 1);`,
    `        if cfg!(feature = "slow") {\n            assert_eq!(parse("1"), 1);\n        }`,
  ),
  "Java: emptied": javaEdit(`        assertEquals(1, Price.parse("1"));`, ``),
  "Java: true": javaEdit(`        assertEquals(1, Price.parse("1"));`, `        assertTrue(true);`),
  "Java: not null": javaEdit(
    `        assertEquals(1, Price.parse("1"));`,
    `        assertNotNull(Price.parse("1"));`,
  ),
  "Java: caught": javaEdit(
    `        assertEquals(1, Price.parse("1"));`,
    `        try {\n            assertEquals(1, Price.parse("1"));\n        } catch (Throwable t) {\n        }`,
  ),
  "Java: assumed": javaEdit(
    `        assertEquals(1, Price.parse("1"));`,
    `        assumeTrue(System.getenv("SLOW") != null);\n        assertEquals(1, Price.parse("1"));`,
  ),
  "Java: any error": javaEdit(
    `        assertThrows(IllegalArgumentException.class, () -> Price.parse("x"));`,
    `        assertThrows(Throwable.class, () -> Price.parse("x"));`,
  ),
  "Java: assertThat is not null": javaEdit(
    `        assertThat(Price.parse("1")).isEqualTo(1);`,
    `        assertThat(Price.parse("1")).isNotNull();`,
  ),
};

export const HONEST: Record<string, Edit> = {
  "Go: testify's words for an error, in place of its words for nil": goEdit(
    `	var e error\n	_, e = Parse("x")\n	assert.NotNil(t, e)\n	_, e = Parse("1")\n	assert.Nil(t, e)`,
    `	var e error\n	_, e = Parse("x")\n	require.Error(t, e)\n	_, e = Parse("1")\n	require.NoError(t, e)`,
    `import (\n	"github.com/stretchr/testify/assert"\n	"github.com/stretchr/testify/require"\n)`,
  ),
  "Go: what cannot be parsed is told by a helper that gives back the value": goEdit(
    SECOND,
    `	if got := parsed(t, "2"); got != 2 {\n		t.Errorf("got %d, want 2", got)\n	}`,
    "",
    `func parsed(t *testing.T, in string) int {\n	got, err := Parse(in)\n	if err != nil {\n		t.Fatal(err)\n	}\n	return got\n}`,
  ),
  "Java: assertEquals in place of assertTrue over equals, of things that are made alike": javaEdit(
    `        Price a = new Price(1);\n        Price b = new Price(1);\n        assertTrue(a.equals(b));\n        assertTrue(a.equals(a));`,
    `        Price a = new Price(1);\n        Price b = new Price(1);\n        assertEquals(a, b);\n        assertEquals(a, a);`,
  ),
  "Java: messages of assertions, at either end or nowhere": javaEdit(
    `        assertEquals("one", 1, parse("1"));\n        assertTrue("valid", valid("1"));\n        assertThrows(IllegalStateException.class, () -> parse(""), "should have failed");`,
    `        assertEquals(1, parse("1"), "one");\n        assertTrue(valid("1"));\n        assertThrows(IllegalStateException.class, () -> parse(""));`,
  ),
  "Java: rows of a loop, in a source of parameters": {
    path: "src/test/java/PriceTest.java",
    base: java(
      `        for (String in : List.of("1", "2", "3")) {\n            assertTrue(valid(in));\n        }`,
    ),
    head: java("").replace(
      "    @Test\n    void parses() {\n\n",
      `    @ParameterizedTest\n    @MethodSource("rows")\n    void parses(String in) {\n        assertTrue(valid(in));\n`,
    ),
  },
  "Go: the error itself, for one that wraps it": goEdit(
    NONE("err != ErrEmpty"),
    NONE("!errors.Is(err, ErrEmpty)"),
  ),
  "Go: one wanted error, for any": goEdit(NONE("err == nil"), NONE("!errors.Is(err, ErrEmpty)")),
  "Java: the class in other words": javaEdit(
    `        assertEquals(Integer.class, ((Object) parse("1")).getClass());`,
    `        assertTrue(parse("1") instanceof Integer);`,
  ),
  "Go: a directory is made by another call of the standard library": {
    path: "price_test.go",
    base: goFile(`	dir, err := ioutil.TempDir("", "x")\n${MADE}`).replace(
      'import "testing"',
      GO_IO("io/ioutil"),
    ),
    head: goFile(`	dir, err := os.MkdirTemp("", "x")\n${MADE}`).replace('import "testing"', GO_IO("os")),
  },
  "Go: the empty interface by its other name": goEdit(
    `	if !Same(Parse("1", new(map[interface{}]bool)), "") {\n		t.Fatal("differs")\n	}`,
    `	if !Same(Parse("1", new(map[any]bool)), "") {\n		t.Fatal("differs")\n	}`,
  ),
  "Java: helpers of one name in another order": {
    path: "src/test/java/PriceTest.java",
    head: java(`        check("1", 1);`, OVERLOADS),
    base: java(`        check("1", 1);`, OVERLOADS.split("\n").toReversed().join("\n").trimStart() + "\n"),
  },
  "Rust: that there is nothing, by its own name": rustEdit(
    `        assert!(parse("x") == None);`,
    `        assert!(parse("x").is_none());`,
  ),
  "Rust: the loop of a helper, over a list written otherwise": rustEdit(LOOP("&vec![42]"), LOOP("&[42]")),
  "Go: one more": goEdit(ONE, `${ONE}\n${SECOND}`),
  "Go: into a closure": goEdit(ONE, CLOSURE),
  "Go: another value": goEdit(ONE, ONE.replace("got != 1", "got != 2")),
  "Go: a table": goEdit(
    `	if got := Parse("1"); got != 1 {\n		t.Errorf("got %d", got)\n	}\n	if got := Parse("2"); got != 2 {\n		t.Errorf("got %d", got)\n	}`,
    TABLE(`		{"1", 1},\n		{in: "2", want: 2},`),
  ),
  "Go: a map of cases": goEdit(
    `	if got := Parse("1"); got != 1 {\n		t.Errorf("got %d", got)\n	}\n	if got := Parse("2"); got != 2 {\n		t.Errorf("got %d", got)\n	}`,
    `	for in, want := range map[string]int{"1": 1, "2": 2} {\n		if got := Parse(in); got != want {\n			t.Errorf("Parse(%q) = %d", in, got)\n		}\n	}`,
  ),
  "Go: a helper": {
    path: "price_test.go",
    base: goFile(ONE),
    head: goFile(
      `	check(t, Parse("1"), 1)`,
      `func check(t *testing.T, got, want int) {\n	t.Helper()\n	if got != want {\n		t.Fatalf("got %d, want %d", got, want)\n	}\n}`,
    ),
  },
  "Go: a helper in another file": {
    path: "price_test.go",
    base: goFile(ONE),
    head: goFile(`	check(t, Parse("1"), 1)`),
    moreHead: {
      "helper_test.go":
        `package price\n\nimport "testing"\n\nfunc check(t *testing.T, got, want int) {\n	t.Helper()\n	if got != want {\n		t.Fatalf("got %d, want %d", got, want)\n	}\n}\n`,
    },
  },
  "Go: Errorf became Fatalf": goEdit(ONE, ONE.replace("Errorf", "Fatalf")),
  "Go: testify": goEdit(
    `${ONE}\n${SECOND}`,
    `	assert.Equal(t, 1, Parse("1"))\n	got, err := Parse("2")\n	require.NoError(t, err)\n	assert.Equal(t, 2, got)`,
  ),
  "Go: subtests": goEdit(
    `${ONE}\n${SECOND}`,
    `	t.Run("one", func(t *testing.T) {\n${ONE}\n	})\n	t.Run("two", func(t *testing.T) {\n${SECOND}\n	})`,
  ),
  "Go: parallel": goEdit(ONE, `	t.Parallel()\n${ONE}`),
  "Go: a clock of its own": goEdit(
    `	time.Sleep(time.Second)\n${ONE}`,
    `	clock := newFakeClock()\n	clock.Advance(time.Second)\n${ONE}`,
  ),
  "Go: errors.Is": goEdit(
    `	_, err := Parse("x")\n	if err == nil {\n		t.Fatal("no error")\n	}`,
    `	_, err := Parse("x")\n	if !errors.Is(err, ErrNumber) {\n		t.Fatalf("got %v", err)\n	}`,
  ),
  "Go: cmp.Diff": goEdit(
    `	if got := Parse("1"); !reflect.DeepEqual(got, []int{1}) {\n		t.Errorf("got %v", got)\n	}`,
    `	if diff := cmp.Diff([]int{1}, Parse("1")); diff != "" {\n		t.Errorf("diff %s", diff)\n	}`,
  ),
  "Go: the want in a name": goEdit(
    ONE,
    `	got := Parse("1")\n	want := 1\n	if got != want {\n		t.Errorf("got %d, want %d", got, want)\n	}`,
  ),
  "Go: switch": goEdit(
    `	if err := Check("x"); err == nil {\n		t.Fatal("no error")\n	} else if !strings.Contains(err.Error(), "x") {\n		t.Errorf("got %v", err)\n	}`,
    `	err := Check("x")\n	switch {\n	case err == nil:\n		t.Fatal("no error")\n	case !strings.Contains(err.Error(), "x"):\n		t.Errorf("got %v", err)\n	}`,
  ),
  "Rust: another message of the panic": rustPanic(
    `#[should_panic(expected = "no number")]`,
    `#[should_panic(expected = "not a number: x")]`,
  ),
  "Rust: a message is asked for": rustPanic(`#[should_panic]`, `#[should_panic(expected = "no number")]`),
  "Rust: a panic became an error that is compared": rustPanic(
    `#[should_panic(expected = "no number")]`,
    ``,
    `        assert_eq!(parse("x"), Err("no number"));`,
  ),
  "Rust: one more": rustEdit(
    `        assert_eq!(parse("1"), 1);`,
    `        assert_eq!(parse("1"), 1);\n        assert_eq!(parse("22"), 2);`,
  ),
  "Rust: a table": rustEdit(
    `        assert_eq!(parse("1"), 1);\n        assert_eq!(parse("22"), 2);`,
    `        for (text, want) in [("1", 1), ("22", 2)] {\n            assert_eq!(parse(text), want, "{text}");\n        }`,
  ),
  "Rust: a value in a name": rustEdit(
    `        assert_eq!(parse("1"), 1);`,
    `        let got = parse("1");\n        assert_eq!(got, 1);`,
  ),
  "Rust: assert became assert_eq": rustEdit(
    `        assert!(parse("1") == 1);`,
    `        assert_eq!(parse("1"), 1);`,
  ),
  "Java: assertEquals became assertThat": javaEdit(
    `        assertEquals(1, Price.parse("1"));`,
    `        assertThat(Price.parse("1")).isEqualTo(1);`,
  ),
  "Java: a helper": javaEdit(
    `        assertEquals(1, Price.parse("1"));\n        assertEquals(2, Price.parse("2"));`,
    `        check("1", 1);\n        check("2", 2);`,
    `    private static void check(String text, int want) {\n        assertEquals(want, Price.parse(text));\n    }\n`,
  ),
  "Java: try with resources": javaEdit(
    `        Reader in = open();\n        assertEquals(1, Price.read(in));`,
    `        try (Reader in = open()) {\n            assertEquals(1, Price.read(in));\n        } catch (IOException e) {\n            fail(e);\n        }`,
  ),
};
