package ratelimittest

import (
	"fxcell.dev/fxcell/internal/promise"
	"fxcell.dev/fxcell/ratelimit"
)

func timeCases() []promise.Case[*kit] {
	return []promise.Case[*kit]{
		{Name: "a budget comes back when its window ends", Keep: budgetComesBack},
		{Name: "a window begins with its first attempt", Keep: windowBegins},
		{Name: "a brake waits longer each time", Keep: brakeWaits},
		{Name: "a brake forgets when nobody has tried for its window", Keep: brakeForgets},
		{Name: "a brake does not forget while somebody tries", Keep: brakeRemembers},
	}
}

func budgetComesBack(k *kit) {
	p := ratelimit.Policy{Limit: 2, Window: k.window}
	k.passes(k.Limiter, "a", p, 1)
	k.passes(k.Limiter, "a", p, 2)
	k.refused(k.Limiter, "a", p, 0, p.Window)
	k.pause(p.Window)
	k.passes(k.Other, "a", p, 1)
	k.passes(k.Limiter, "a", p, 2)
	k.refused(k.Limiter, "a", p, 0, p.Window)
}

// Attempts do not prolong the window.
func windowBegins(k *kit) {
	p := ratelimit.Policy{Limit: 100, Window: 2 * k.window}
	k.passes(k.Limiter, "a", p, 1)
	k.pause(p.Window * 3 / 4)
	k.passes(k.Limiter, "a", p, 2)
	k.pause(p.Window / 2)
	k.passes(k.Limiter, "a", p, 1)
}

func brakeWaits(k *kit) {
	p := ratelimit.Policy{Limit: 2, Window: 100 * k.window, Pause: k.window, MaxPause: 3 * k.window}
	k.passes(k.Limiter, "a", p, 1)
	k.passes(k.Limiter, "a", p, 2)
	for i, want := range []int{1, 2, 3, 3} { // times the pause
		pause := k.window.Nanoseconds() * int64(want)
		d := p.PauseAfter(2 + i)
		if d.Nanoseconds() != pause {
			k.Errorf("the pause after %d attempts is %v", 2+i, d)
		}
		k.refused(k.Other, "a", p, d/2, d)
		k.pause(d)
		k.passes(k.Limiter, "a", p, 3+i)
	}
}

func brakeForgets(k *kit) {
	p := ratelimit.Policy{Limit: 2, Window: 2 * k.window, Pause: k.window, MaxPause: k.window}
	for i := range 2 {
		k.passes(k.Limiter, "a", p, i+1)
	}
	k.refused(k.Limiter, "a", p, 0, p.Pause)
	k.pause(p.Window)
	k.passes(k.Limiter, "a", p, 1)
	k.passes(k.Limiter, "a", p, 2)
}

func brakeRemembers(k *kit) {
	p := ratelimit.Policy{Limit: 100, Window: 2 * k.window, Pause: k.window, MaxPause: k.window}
	for i := range 6 {
		k.passes(k.Limiter, "a", p, i+1)
		k.pause(p.Window / 2)
	}
	// A pause that is longer than the window does not end with it.
	p = ratelimit.Policy{Limit: 1, Window: k.window, Pause: 4 * k.window, MaxPause: 4 * k.window}
	k.passes(k.Limiter, "b", p, 1)
	k.pause(2 * k.window)
	k.refused(k.Limiter, "b", p, 0, 2*k.window)
}
