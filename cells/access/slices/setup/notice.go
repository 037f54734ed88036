package setup

import "fmt"

// announce tells the person who started the app how to become its administrator, and how to log in.
func announce(s *Service, url string) []string {
	token, open := s.Token()
	if !open || token == "" {
		return nil
	}
	const body = `-H 'Content-Type: application/json' -d`
	return []string{
		"Set up the first administrator, once, within a day:",
		fmt.Sprintf(`  curl -sS -w '\n' %s/api/v1/access/setup %s '{"token":"%s","username":"admin","email":"admin@example.com","password":"correct horse battery staple"}'`, url, body, token),
		"Log in (the token is good for ten minutes):",
		fmt.Sprintf(`  TOKEN=$(curl -sS %s/api/v1/access/sessions/login %s '{"username":"admin","password":"correct horse battery staple"}' | sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p')`, url, body),
	}
}
