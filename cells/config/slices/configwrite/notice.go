package configwrite

import "fmt"

// announce shows the person who started the app how to make a setting.
func announce(_ *Service, url string) []string {
	const who = `-H "Authorization: Bearer $TOKEN"`
	return []string{
		"Create a setting and publish it:",
		fmt.Sprintf(`  curl -sS -w '\n' %s/api/v1/config/ %s -H 'Content-Type: application/json' -d '{"key":"greeting","value":"hello"}'`, url, who),
		fmt.Sprintf(`  curl -sS -w '\n' -X POST %s/api/v1/config/greeting/publish %s`, url, who),
	}
}
