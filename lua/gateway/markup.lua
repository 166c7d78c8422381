--- Plain texts in the markup of a destination: what they say is shown, never obeyed.

local markup = {}

local SLACK <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

--- Slack: the three characters that begin mentions, links and entities.
--- https://docs.slack.dev/messaging/formatting-message-text
function markup.slack(text)
  return (text:gsub("[&<>]", SLACK))
end

--- Inside a code block of Slack, which a text must not end.
function markup.slack_code(text)
  return (markup.slack(text):gsub("`", "ˋ"))
end

--- The Markdown of adaptive cards; a line's end is a paragraph there.
function markup.card(text)
  return (text:gsub("[\\`*_%[%]#<>~]", "\\%0"):gsub("\n", "\n\n"))
end

--- Where nothing has a meaning.
function markup.plain(text)
  return text
end

--- A web address with nothing in it that could end it early; nil for anything else.
function markup.link(url)
  if type(url) ~= "string" or not url:find("^https?://[^%c%s]+$") then
    return nil
  end
  return (url:gsub("[|<>\"`]", function(character)
    return ("%%%02X"):format(character:byte())
  end))
end

return markup
