package notify

import (
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		refusal   refusal
		tries     int
		stale     bool // the connection had carried messages
		elsewhere bool
		want      verdict // without Answer and Wait
		wait      time.Duration
	}{
		"cannot connect":                   {refusal: refusal{Stage: atConnect}, want: verdict{State: stateReady, Health: down, HangUp: true}},
		"log-in refused":                   {refusal: refusal{Stage: atConnect, Code: 535}, want: verdict{State: stateReady, Health: down, HangUp: true}},
		"greylisted":                       {refusal: refusal{Stage: atRcpt, Code: 451, Status: "4.7.1"}, want: verdict{State: stateReady, Charged: true}, wait: 30 * time.Second},
		"greylisted again":                 {refusal: refusal{Stage: atRcpt, Code: 451}, tries: 3, want: verdict{State: stateReady, Charged: true}, wait: 5 * time.Minute},
		"greylisted for a day":             {refusal: refusal{Stage: atRcpt, Code: 451}, tries: 11, want: verdict{State: stateFailed, Charged: true}},
		"disk full over there":             {refusal: refusal{Stage: atRcpt, Code: 452, Status: "4.3.1"}, want: verdict{State: stateReady, Charged: true, Health: shaky}, wait: 30 * time.Second},
		"not now, to our sender":           {refusal: refusal{Stage: atMail, Code: 451}, want: verdict{State: stateReady, Charged: true, Health: shaky}, wait: 30 * time.Second},
		"old connection ends":              {refusal: refusal{Stage: atMail}, stale: true, want: verdict{State: stateReady, Again: true, HangUp: true}},
		"old connection says goodbye":      {refusal: refusal{Stage: atMail, Code: 421}, stale: true, want: verdict{State: stateReady, Again: true, HangUp: true}},
		"new connection says goodbye":      {refusal: refusal{Stage: atMail, Code: 421}, want: verdict{State: stateReady, Health: down, HangUp: true}},
		"new connection ends":              {refusal: refusal{Stage: atData}, want: verdict{State: stateReady, Charged: true, Health: shaky, HangUp: true}, wait: 30 * time.Second},
		"old one ends after the dot":       {refusal: refusal{Stage: atDot}, stale: true, want: verdict{State: stateReady, Charged: true, Health: shaky, HangUp: true}, wait: 30 * time.Second},
		"no such mailbox":                  {refusal: refusal{Stage: atRcpt, Code: 550, Status: "5.1.1"}, want: verdict{State: stateFailed, Charged: true, Suppress: true}},
		"no such mailbox, without status":  {refusal: refusal{Stage: atRcpt, Code: 550}, want: verdict{State: stateFailed, Charged: true, Health: shaky}},
		"mailbox moved":                    {refusal: refusal{Stage: atRcpt, Code: 551, Status: "5.1.6"}, want: verdict{State: stateFailed, Charged: true, Suppress: true}},
		"domain that takes no mail":        {refusal: refusal{Stage: atRcpt, Code: 556, Status: "5.1.10"}, want: verdict{State: stateFailed, Charged: true, Suppress: true}},
		"mailbox full":                     {refusal: refusal{Stage: atRcpt, Code: 552, Status: "5.2.2"}, want: verdict{State: stateFailed, Charged: true}},
		"mailbox full, without status":     {refusal: refusal{Stage: atRcpt, Code: 552, Text: "mailbox full"}, want: verdict{State: stateFailed, Charged: true, Health: shaky}},
		"relay access denied":              {refusal: refusal{Stage: atRcpt, Code: 554, Status: "5.7.1"}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"blocked":                          {refusal: refusal{Stage: atRcpt, Code: 550, Status: "5.7.1"}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"blocked, of this reader":          {refusal: refusal{Stage: atRcpt, Code: 550, Status: "5.7.1"}, elsewhere: true, want: verdict{State: stateReady, Charged: true, Health: unclear}, wait: 30 * time.Second},
		"blocked, for a day":               {refusal: refusal{Stage: atRcpt, Code: 550, Status: "5.7.1"}, tries: 11, elsewhere: true, want: verdict{State: stateFailed, Charged: true, Health: unclear}},
		"relaying denied, without status":  {refusal: refusal{Stage: atRcpt, Code: 550, Text: "Relay not permitted"}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"log in first, at RCPT":            {refusal: refusal{Stage: atRcpt, Code: 530, Text: "Authentication required"}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"554 without status":               {refusal: refusal{Stage: atRcpt, Code: 554, Text: "no"}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"refused address, of whom":         {refusal: refusal{Stage: atRcpt, Code: 550, Status: "5.1.0"}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"our domain, at RCPT":              {refusal: refusal{Stage: atRcpt, Code: 550, Status: "5.1.8"}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"no such mailbox, said of DATA":    {refusal: refusal{Stage: atData, Code: 550, Status: "5.1.1"}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"policy at the dot":                {refusal: refusal{Stage: atDot, Code: 550, Status: "5.7.1"}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"policy at the dot, of this one":   {refusal: refusal{Stage: atDot, Code: 550, Status: "5.7.1"}, elsewhere: true, want: verdict{State: stateReady, Charged: true, Health: unclear}, wait: 30 * time.Second},
		"our sender, others went through":  {refusal: refusal{Stage: atMail, Code: 550, Status: "5.7.1"}, elsewhere: true, want: verdict{State: stateReady, Health: down}},
		"our sender":                       {refusal: refusal{Stage: atMail, Code: 550}, want: verdict{State: stateReady, Health: down}},
		"our content":                      {refusal: refusal{Stage: atDot, Code: 554}, want: verdict{State: stateReady, Health: down}, wait: time.Minute},
		"this content, others go through":  {refusal: refusal{Stage: atDot, Code: 554}, elsewhere: true, want: verdict{State: stateFailed, Charged: true}},
		"letters that we ourselves cannot": {refusal: refusal{Stage: atRcpt, Code: 553, Status: "5.6.7"}, want: verdict{State: stateFailed, Charged: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judge(&tt.refusal, 42, tt.tries, !tt.stale, tt.elsewhere)
			if got.Answer == "" {
				t.Error("staff are not told why")
			}
			if d := got.Wait; d < tt.wait*8/10 || d > tt.wait*12/10 {
				t.Errorf("waits %v, want %v ±20 %%", d, tt.wait)
			}
			got.Answer, got.Wait = "", 0
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestProbeAfter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		down    time.Duration
		refused bool
		want    time.Duration
	}{
		{0, false, 10 * time.Second},
		{5 * time.Second, true, 10 * time.Second},
		{40 * time.Second, false, 40 * time.Second},
		{time.Hour, false, time.Minute},
		{time.Hour, true, 5 * time.Minute},
	} {
		if got := probeAfter(tt.down, tt.refused); got != tt.want {
			t.Errorf("down for %v, refused %v: %v, want %v", tt.down, tt.refused, got, tt.want)
		}
	}
}

func TestEnhanced(t *testing.T) {
	t.Parallel()
	for msg, want := range map[string]string{"5.1.1 no such user": "5.1.1", "no such user": "", "5.1 x": "", "5.1.a x": "", "4.7.0": "4.7.0", "": "", "1.2.3.4 is blocked": "", "sorry, no mailbox here by that name (#5.1.1)": "5.1.1", "no (#x)": "", "5.1.1 gone\n5.1.1 for good": "5.1.1"} {
		if got := enhanced(msg); got != want {
			t.Errorf("%q: got %q, want %q", msg, got, want)
		}
	}
}
