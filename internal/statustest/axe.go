package statustest

import (
	"context"
	_ "embed"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

//go:embed axe/axe.min.js
var axe string

// WCAG 2.2 A adds no rule that axe-core knows. target-size (2.5.8) is off unless asked for. preload would fetch the styles again.
const runAxe = `(async () => {
	document.querySelectorAll("details").forEach((d) => { d.open = true; });
	const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
	const found = await axe.run(document, { runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } }, resultTypes: ["violations"], preload: false });
	return found.violations.flatMap((v) => v.nodes.map((n) => v.id + " (" + v.help + "): " + n.target.join(" ") + "\n\t" + n.html.slice(0, 300) + "\n\t" + n.failureSummary.replaceAll("\n", " ")));
})()`

// Axe looks at the page that is open in a tab as axe-core does, by the rules of WCAG 2.0 to 2.2, A and AA, and best practice, with
// everything unfolded. It returns what it found: the rule, the place, what is wrong with it. The debugger's scripts run whatever the
// page's content security policy says.
func Axe(ctx context.Context) ([]string, error) {
	has, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!!window.axe`))
	if err != nil {
		return nil, err
	}
	if !has {
		if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](axe)); err != nil {
			return nil, err
		}
	}
	return chromedp.Run(ctx, chromedp.Evaluate[[]string](runAxe, chromedp.EvalAwaitPromise))
}

// Prefers changes what the reader's system asks of pages until the next call: "prefers-color-scheme: dark", "forced-colors: active".
// None is a reader with no wishes.
func Prefers(wishes ...string) chromedp.Action[chromedp.Void] { return media("", wishes) }

// Printed shows pages as they are printed.
func Printed() chromedp.Action[chromedp.Void] { return media("print", nil) }

func media(kind string, wishes []string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		p := emulation.SetEmulatedMediaParams{Media: kind}
		for _, wish := range wishes {
			name, value, _ := strings.Cut(wish, ": ")
			p.Features = append(p.Features, &emulation.MediaFeature{Name: name, Value: value})
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, p)
		return err
	})
}
