package auditquery

import "fmt"

// announce shows the person who started the app where all that happened is written down.
func announce(_ *Service, url string) []string {
	const who = `-H "Authorization: Bearer $TOKEN"`
	return []string{
		"Read the audit trail of it, and verify that nobody changed it:",
		fmt.Sprintf(`  curl -sS -w '\n' %s/api/v1/audit/entries %s`, url, who),
		fmt.Sprintf(`  curl -sS -w '\n' %s/api/v1/audit/integrity %s`, url, who),
	}
}
