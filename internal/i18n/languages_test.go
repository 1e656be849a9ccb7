package i18n_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/statusd/statusd/internal/i18n"
)

func catalog(t *testing.T) *i18n.Catalog {
	t.Helper()
	c, err := i18n.Load(os.DirFS("../../web/locales"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// messages of a language, each with its forms; a plain message has only other.
func messages(t *testing.T, lang string) map[string]map[string]string {
	t.Helper()
	raw, err := os.ReadFile("../../web/locales/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for key, value := range all {
		var one string
		forms := map[string]string{}
		if json.Unmarshal(value, &one) == nil {
			forms["other"] = one
		} else if err := json.Unmarshal(value, &forms); err != nil {
			t.Fatalf("%s %s: %v", lang, key, err)
		}
		out[key] = forms
	}
	return out
}

// forStaff reports whether only staff see a message. They read English.
func forStaff(key string) bool {
	only := []string{
		"fault.forbidden", "fault.session", "fault.away", "problem.desk", "problem.todesk", "problem.signin", "problem.title.away",
		"problem.title.session", "problem.title.forbidden",
	}
	if strings.HasPrefix(key, "snippet.") {
		return strings.HasSuffix(key, ".label")
	}
	room, _, _ := strings.Cut(key, ".")
	readers := []string{
		"list", "language", "date", "number", "duration", "status", "state", "public", "mail", "email", "subscribe", "field", "fault", "problem",
		"compose", "outline",
	}
	return !slices.Contains(readers, room) || slices.Contains(only, key)
}

var placeholder = regexp.MustCompile(`\{\{\.\w+\}\}|\{(?:services|next|n)\}`)

func placeholders(text string) string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " ")
}

// The languages of CLDR's plural rules, as whole numbers have them. Some words need no number for one and two.
var forms = map[string][]string{
	"de": {"one", "other"}, "fr": {"one", "many", "other"}, "es": {"one", "many", "other"}, "pt-BR": {"one", "many", "other"}, "ja": {"other"}, "zh-Hans": {"other"},
	"pl": {"one", "few", "many", "other"}, "ar": {"zero", "one", "two", "few", "many", "other"},
}

func TestCatalogues_sayAllThatReadersSeeInEveryLanguage(t *testing.T) {
	t.Parallel()
	english := messages(t, "en")
	for lang, plural := range forms {
		theirs := messages(t, lang)
		for key, en := range english {
			got, have := theirs[key]
			switch {
			case forStaff(key):
				continue
			case !have:
				t.Errorf("%s: nothing for %s %q", lang, key, en["other"])
				continue
			case len(en) > 1 && len(got) != len(plural):
				t.Errorf("%s %s: forms %v, want %v", lang, key, got, plural)
			}
			for form, text := range got {
				if !slices.Contains(plural, form) && form != "other" {
					t.Errorf("%s %s: the language has no form %q", lang, key, form)
				}
				want, has := placeholders(en["other"]), placeholders(text)
				if few := form == "zero" || form == "one" || form == "two"; few && !strings.Contains(has, "{{.Count}}") {
					want = strings.TrimSpace(strings.Replace(want, "{{.Count}}", "", 1))
					want = strings.Join(strings.Fields(want), " ")
				}
				if has != want && !strings.HasPrefix(key, "date.") {
					t.Errorf("%s %s, %s: placeholders %q, want %q: %s", lang, key, form, has, want, text)
				}
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s %s is empty", lang, key)
				}
			}
		}
		for key := range theirs {
			if _, have := english[key]; !have {
				t.Errorf("%s: %s is not in English any more", lang, key)
			}
		}
	}
	if got := catalog(t).Languages(); len(got) != len(forms)+1 || got[0] != "en" {
		t.Errorf("languages %v: a new one is to be named in this test with its plural forms", got)
	}
}

// A number takes the form that its language wants, whichever it is.
func TestPrinter_countsAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	for _, x := range []struct {
		lang string
		n    int
		want string
	}{
		{"en", 1, "1 service"},
		{"en", 0, "0 services"},
		{"de", 1, "1 Dienst"},
		{"de", 2, "2 Dienste"},
		{"fr", 0, "0 service"},
		{"fr", 1, "1 service"},
		{"fr", 2, "2 services"},
		{"fr", 1_000_000, "1000000 de services"},
		{"es", 1, "1 servicio"},
		{"es", 5, "5 servicios"},
		{"pt-BR", 1, "1 serviço"},
		{"pt-BR", 3, "3 serviços"},
		{"ja", 1, "1サービス"},
		{"ja", 7, "7サービス"},
		{"zh-Hans", 1, "1 项服务"},
		{"pl", 1, "1 usługa"},
		{"pl", 2, "2 usługi"},
		{"pl", 5, "5 usług"},
		{"pl", 12, "12 usług"},
		{"pl", 22, "22 usługi"},
		{"pl", 25, "25 usług"},
		{"ar", 0, "لا خدمات"},
		{"ar", 1, "خدمة واحدة"},
		{"ar", 2, "خدمتان"},
		{"ar", 3, "3 خدمات"},
		{"ar", 11, "11 خدمة"},
		{"ar", 100, "100 خدمة"},
		{"ar", 103, "103 خدمات"},
	} {
		if got := c.Printer(x.lang, nil, "").T("public.services.count", "Count", x.n); got != x.want {
			t.Errorf("%s %d: got %q, want %q", x.lang, x.n, got, x.want)
		}
	}
}

func TestPrinter_writesDaysNumbersAndListsAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2018, 5, 14, 18, 8, 0, 0, time.UTC)
	for lang, want := range map[string][]string{
		//        Stamp, Near, Weekday, Month, Range, Days, Percent, Duration, List
		"en":      {"May 14, 2018 - 14:08 EDT", "May 14, 14:08 EDT", "Mon, May 14", "May 2018", "Monday, May 14, 2018 - 14:08 to 15:38 EDT", "May 14|16", "99.97%", "1 h 19 min", "A, B, and C"},
		"de":      {"14. Mai 2018, 14:08 EDT", "14. Mai, 14:08 EDT", "Mo, 14. Mai", "Mai 2018", "Montag, 14. Mai 2018, 14:08 bis 15:38 EDT", "14.|16. Mai", "99,97\u00a0%", "1 Std. 19 Min.", "A, B und C"},
		"fr":      {"14 mai 2018, 14:08 EDT", "14 mai, 14:08 EDT", "lun. 14 mai", "mai 2018", "lundi 14 mai 2018, 14:08 – 15:38 EDT", "14|16 mai", "99,97\u202f%", "1 h 19 min", "A, B et C"},
		"es":      {"14 may 2018, 14:08 EDT", "14 may, 14:08 EDT", "lun, 14 may", "mayo de 2018", "lunes, 14 may 2018, 14:08 – 15:38 EDT", "14|16 may", "99,97\u00a0%", "1 h 19 min", "A, B y C"},
		"pt-BR":   {"14 de mai. de 2018, 14:08 EDT", "14 de mai., 14:08 EDT", "seg., 14 de mai.", "maio de 2018", "segunda-feira, 14 de mai. de 2018, 14:08 a 15:38 EDT", "14|16 de mai.", "99,97%", "1 h 19 min", "A, B e C"},
		"ja":      {"2018年5月14日 14:08 EDT", "5月14日 14:08 EDT", "5月14日(月)", "2018年5月", "2018年5月14日(月) 14:08～15:38 EDT", "5月14日|16日", "99.97%", "1時間19分", "A、B、C"},
		"zh-Hans": {"2018年5月14日 14:08 EDT", "5月14日 14:08 EDT", "5月14日 周一", "2018年5月", "2018年5月14日星期一 14:08 至 15:38 EDT", "5月14日|16日", "99.97%", "1 小时 19 分钟", "A、B和C"},
		"pl":      {"14 maja 2018, 14:08 EDT", "14 maja, 14:08 EDT", "pon., 14 maj", "maj 2018", "poniedziałek, 14 maja 2018, 14:08 – 15:38 EDT", "14|16 maja", "99,97%", "1 godz. 19 min", "A, B i C"},
		"ar":      {"14 مايو 2018، 14:08 EDT", "14 مايو، 14:08 EDT", "الاثنين، 14 مايو", "مايو 2018", "الاثنين، 14 مايو 2018، 14:08 – 15:38 EDT", "14|16 مايو", "99.97%", "1\u00a0س و19\u00a0د", "A، B وC"},
	} {
		p := catalog(t).Printer(lang, newYork, "")
		first, last := p.Days(at, at.AddDate(0, 0, 2))
		got := []string{
			p.Stamp(at), p.Near(at, at.AddDate(0, 0, 1)), p.Weekday(at), p.Month(at), p.Range(at, at.Add(90*time.Minute)), first + "|" + last, p.Percent(9997),
			p.Duration(79 * time.Minute), p.List([]string{"A", "B", "C"}),
		}
		for n := range want {
			if got[n] != want[n] {
				t.Errorf("%s: got %q, want %q", lang, got[n], want[n])
			}
		}
		if p.Percent(10000) != strings.Replace(strings.Replace(want[6], "99.97", "100", 1), "99,97", "100", 1) {
			t.Errorf("%s: %s", lang, p.Percent(10000))
		}
	}
}

func TestCatalog_Find(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	for tag, want := range map[string]string{
		"de": "de", "DE-at": "de", "pt": "pt-BR", "pt-PT": "pt-BR", "zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "zh-Hans-CN": "zh-Hans", "zh-TW": "", "zh-Hant": "",
		"ar-EG": "ar", "en-GB": "en", "es-419": "es", "ko": "", "": "", "*": "", "de'><script>": "", strings.Repeat("de-", 20): "",
	} {
		if got := c.Find(tag); got != want {
			t.Errorf("%q: got %q, want %q", tag, got, want)
		}
	}
}

func TestCatalog_Accept_takesTheBestThatThereIs(t *testing.T) { //nolint:paralleltest // it counts allocations
	c := catalog(t)
	for header, want := range map[string]string{
		"de": "de", "ko,de;q=0.5": "de", "en;q=0.4, fr-CH;q=0.9": "fr", "de;q=0, ja": "ja", "ko": "", "*": "", "": "", "q=;;": "", "zh-TW,zh;q=0.9,en;q=0.8": "zh-Hans",
		strings.Repeat("de,", 100): "",
	} {
		if got := c.Accept(header); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
	for n := range 2000 { // somebody makes headers up: what is kept of them is bounded, and the answer stays right
		if got := c.Accept("x-" + strconv.Itoa(n) + ", pl;q=0.1"); got != "pl" {
			t.Fatalf("header %d: got %q", n, got)
		}
	}
	if n := testing.AllocsPerRun(100, func() { c.Accept("de-DE,de;q=0.9,en;q=0.8") }); n > 0 {
		t.Errorf("a header that was seen before costs %v allocations", n)
	}
}

// What a language does not say yet is said in English, and a message without the form of a number in another form.
func TestPrinter_fallsBackToEnglish(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	if got := c.Printer("ja", nil, "").T("admin.now.quiet"); got != "All quiet" {
		t.Errorf("got %q", got)
	}
	if p := c.Printer("ko", nil, ""); p.Lang != "en" || p.T("public.nav.history") != "History" {
		t.Errorf("an unknown language speaks %s", p.Lang)
	}
	if !c.Printer("ja", nil, "").Has("admin.now.quiet") || c.Printer("ja", nil, "").Has("no.such.key") {
		t.Error("Has does not fall back as T does")
	}
}

func TestLoad_refusesACalendarThatIsNotWhole(t *testing.T) {
	t.Parallel()
	english, err := os.ReadFile("../../web/locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i18n.Load(fstest.MapFS{"en.json": {Data: english}, "sv.json": {Data: []byte(`{"date.months": "One|Two"}`)}}); err == nil {
		t.Error("two months pass for a year")
	}
	if _, err := i18n.Load(fstest.MapFS{"de.json": {Data: english}}); err == nil {
		t.Error("no English, and nobody minds")
	}
}

func TestCatalog_Desk_speaksEnglishForThosePublishInAnother(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	desk := c.Desk(c.Printer("de", nil, "classic"))
	if desk.Lang != "en" || desk.Status("operational") != "Operational" {
		t.Errorf("the desk speaks %s: %s", desk.Lang, desk.Status("operational"))
	}
	if got := desk.Voice().T("compose.ours"); got != "unseren Diensten" {
		t.Errorf("what is published says %q", got)
	}
	if readers := c.Printer("fr", nil, ""); readers.Voice() != readers {
		t.Error("a reader's printer has another voice")
	}
}
