package snapshot

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Every field of what is kept, also one that is added later, comes back as it was.
func TestMonth_comesBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var m month
		fillIn(r, reflect.ValueOf(&m).Elem())
		got, err := readMonth(written(t, m.encode()), firstLine(m.encode()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, got, cmpopts.IgnoreUnexported(Incident{})); diff != "" {
			t.Fatalf("written (-) and read (+) differ:\n%s", diff)
		}
	}
}

func TestMonth_whatWasTornIsRefused(t *testing.T) {
	t.Parallel()
	var m month
	fillIn(rand.New(rand.NewPCG(3, 4)), reflect.ValueOf(&m).Elem())
	raw := m.encode()
	for name, torn := range map[string][]byte{
		"empty": nil, "cut": raw[:len(raw)-1], "cut in the mark": raw[:10], "longer": append(raw[:len(raw):len(raw)], 0),
		"another byte": append(append(raw[:len(raw)/2:len(raw)/2], raw[len(raw)/2]^1), raw[len(raw)/2+1:]...),
	} {
		if _, err := readMonth(written(t, torn), firstLine(raw)); !errors.Is(err, errTorn) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Even where the sum is right, nonsense is refused and not followed.
func FuzzMonth(f *testing.F) {
	var m month
	fillIn(rand.New(rand.NewPCG(5, 6)), reflect.ValueOf(&m).Elem())
	out := tape{}
	out.month(&m)
	f.Add(string(out.out))
	f.Add("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	f.Fuzz(func(_ *testing.T, fields string) {
		var m month
		in := tape{reading: true, in: fields}
		in.month(&m)
	})
}

func written(t *testing.T, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "2018-05.month")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fillIn gives every exported field some value, none of them zero.
func fillIn(r *rand.Rand, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9)-1e9, r.Int64N(1e9)).UTC()))
		return
	}
	switch v.Kind() { //nolint:exhaustive // those that are kept
	case reflect.String:
		v.SetString([]string{"a", "ünïcode", "much\n\"text\"\x00", "<p>x</p>"}[r.IntN(4)])
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + r.Int64N(1<<r.IntN(62)))
		if r.IntN(4) == 0 {
			v.SetInt(-v.Int())
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillIn(r, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(3), 3))
		for n := range v.Len() {
			fillIn(r, v.Index(n))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + r.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillIn(r, key)
			fillIn(r, value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for n := range v.NumField() {
			if f := v.Type().Field(n); f.IsExported() && f.Tag.Get("json") != "-" {
				fillIn(r, v.Field(n))
			}
		}
	default:
		panic("a kind of field that is not kept: " + v.Type().String())
	}
}
